using System.CommandLine.Parsing;
using System.Globalization;

namespace HmsOrleans.Cli.Commands;

/// <summary>Times of the command line: as such, or by how far they are from now.</summary>
internal static class Times
{
    /// <summary>A time, or how long ago it was; null when the text is neither.</summary>
    public static DateTimeOffset? Past(string text, DateTimeOffset now) => Stretch(text) is { } ago ? now - ago : Time(text);

    /// <summary>A time, or how long it is until then; null when the text is neither.</summary>
    public static DateTimeOffset? Future(string text, DateTimeOffset now) => Stretch(text) is { } ahead ? now + ahead : Time(text);

    /// <summary>As programs write it.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>Complains of a text that is no time.</summary>
    public static void Check(SymbolResult result, string name, string? text)
    {
        if (text is not null && Past(text, DateTimeOffset.UnixEpoch.AddYears(100)) is null)
        {
            result.AddError($"{name} is '{text}'; it must be a stretch of time such as 90s, 30m, 2h or 7d, or a time such as 2026-05-01T12:00Z.");
        }
    }

    private static TimeSpan? Stretch(string text)
    {
        if (text.Length < 2 || !double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }
        double? seconds = char.ToLowerInvariant(text[^1]) switch { 's' => number, 'm' => number * 60, 'h' => number * 3600, 'd' => number * 86400, _ => null };
        return seconds is >= 0 and <= 100 * 366 * 86400.0 ? TimeSpan.FromSeconds(seconds.Value) : null;
    }

    private static DateTimeOffset? Time(string text) =>
        text.Contains('-', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUniversalTime() : null;
}
