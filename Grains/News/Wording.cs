using System.Globalization;
using System.Text;
using HmsOrleans.Grains.Containers;

namespace HmsOrleans.Grains.News;

/// <summary>
/// Parts a sentence into what is always the same and what differs: "13 of 17 probes lost to 172.17.0.5" into "# of # probes lost to @" and
/// 13, 17. What the reader knows of the container, its address and the evidence of its fault, is a gap without a number.
/// </summary>
internal static class Wording
{
    private const char Verbatim = '\0';
    private const char Address = '\u0001';
    private const char Evidence = '\u0002';
    private const char Number = '\u0003';
    private const char TwoDigits = '\u0004';

    /// <summary>More digits than any count or exit code has.</summary>
    private const int MaxDigits = 9;

    /// <summary>The parts of a sentence about a container.</summary>
    /// <param name="text">The sentence.</param>
    /// <param name="view">The container, whose address is known.</param>
    /// <param name="isEvidence">It is the evidence itself; else that is known.</param>
    public static (string Template, IReadOnlyList<int> Numbers) Part(string text, ContainerView view, bool isEvidence = false)
    {
        if (text.AsSpan().ContainsAnyInRange(Verbatim, TwoDigits))
        {
            return (Verbatim + text, []);
        }
        if (!isEvidence && view.LastFault?.Evidence is { Length: > 0 } evidence)
        {
            text = text.Replace(evidence, $"{Evidence}", StringComparison.Ordinal);
        }
        if (AddressOf(view) is { Length: > 0 } address)
        {
            text = text.Replace(address, $"{Address}", StringComparison.Ordinal);
        }
        var (template, numbers) = (new StringBuilder(), new List<int>());
        for (var i = 0; i < text.Length;)
        {
            var digits = 0;
            while (i + digits < text.Length && char.IsAsciiDigit(text[i + digits]))
            {
                digits++;
            }
            var gap = digits is >= 1 and <= MaxDigits && (digits == 1 || text[i] != '0') ? Number : digits == 2 ? TwoDigits : (char?)null;
            if (gap is { } known)
            {
                template.Append(known);
                numbers.Add(int.Parse(text.AsSpan(i, digits), CultureInfo.InvariantCulture));
            }
            else
            {
                template.Append(text, i, Math.Max(1, digits));
            }
            i += Math.Max(1, digits);
        }
        return (template.ToString(), numbers);
    }

    /// <summary>How many numbers a template needs.</summary>
    public static int Gaps(string template) => template is [Verbatim, ..] ? 0 : template.Count(c => c is Number or TwoDigits);

    /// <summary>The sentence again.</summary>
    public static string Fill(string template, IReadOnlyList<int> numbers, ContainerView view)
    {
        if (template is [Verbatim, .. var verbatim])
        {
            return verbatim;
        }
        var (text, next) = (new StringBuilder(), 0);
        foreach (var c in template)
        {
            _ = c switch
            {
                Address => text.Append(AddressOf(view)),
                Evidence => text.Append(view.LastFault?.Evidence),
                Number => text.Append(CultureInfo.InvariantCulture, $"{numbers[next++]}"),
                TwoDigits => text.Append(CultureInfo.InvariantCulture, $"{numbers[next++]:00}"),
                _ => text.Append(c),
            };
        }
        return text.ToString();
    }

    private static string AddressOf(ContainerView view) => view.Addresses is [var first, ..] ? first : "";
}
