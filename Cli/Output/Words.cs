using System.Globalization;
using System.Text;

namespace HmsOrleans.Cli.Output;

/// <summary>Figures and foreign text, as a person reads them.</summary>
internal static class Words
{
    public const string Nothing = "-";

    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A stretch of time in its largest unit, which is enough for most.</summary>
    public static string Span(TimeSpan span) => Invariant(span.Duration() switch
    {
        { TotalSeconds: < 1 } s => $"{s.TotalSeconds:0.##} s",
        { TotalSeconds: < 120 } s => $"{s.TotalSeconds:0.#} s",
        { TotalMinutes: < 120 } s => $"{s.TotalMinutes:0} min",
        { TotalHours: < 48 } s => $"{s.TotalHours:0} h",
        var s => $"{s.TotalDays:0} d",
    });

    public static string Span(double? seconds) => seconds is { } given ? Span(TimeSpan.FromSeconds(given)) : Nothing;

    /// <summary>How long ago something was; clocks that differ do not make it the future.</summary>
    public static string Ago(DateTimeOffset at, DateTimeOffset now) => at >= now ? "now" : $"{Span(now - at)} ago";

    public static string Time(DateTimeOffset? at) => at is { } given ? Invariant($"{given.UtcDateTime:yyyy-MM-dd HH:mm:ss}") : Nothing;

    public static string TimeOfDay(DateTimeOffset at) => Invariant($"{at.UtcDateTime:HH:mm:ss}");

    public static string Percent(double? percent) => percent is { } given ? Invariant($"{given:0.##} %") : Nothing;

    public static string Number(double number) => Invariant($"{number:0.######}");

    public static string Milliseconds(double? milliseconds) => milliseconds is { } given ? Invariant($"{given:0.###} ms") : Nothing;

    public static string Bytes(long? bytes)
    {
        if (bytes is not { } given)
        {
            return Nothing;
        }
        var (value, unit) = ((double)given, 0);
        while (value >= 1024 && unit < Units.Length - 1)
        {
            (value, unit) = (value / 1024, unit + 1);
        }
        return unit == 0 || value >= 100 ? Invariant($"{value:0} {Units[unit]}") : Invariant($"{value:0.0} {Units[unit]}");
    }

    public static string Count(int count, string one, string many) => Invariant($"{count} {(count == 1 ? one : many)}");

    /// <summary>Text of others (a log, an engine's message) without anything that a terminal would act on, in one line.</summary>
    public static string Printable(string text)
    {
        var printable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var isHarmless = !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            printable.Append(isHarmless ? rune.ToString() : rune.Value is '\n' or '\r' or '\t' ? " " : "?");
        }
        return printable.ToString();
    }

    /// <summary>A text in lines of a width; words longer than that keep a line of their own.</summary>
    public static IEnumerable<string> Wrap(string text, int? width)
    {
        if (width is not { } limit)
        {
            return [text];
        }
        var lines = new List<string> { "" };
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + 1 + word.Length > limit)
            {
                lines.Add("");
            }
            lines[^1] += lines[^1].Length == 0 ? word : " " + word;
        }
        return lines;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
