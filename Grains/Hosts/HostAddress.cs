using System.Net;
using System.Text.RegularExpressions;

namespace HmsOrleans.Grains.Hosts;

/// <summary>The text that names a host: an IPv4 or IPv6 address or a host name.</summary>
public static partial class HostAddress
{
    private const int MaxLength = 253;

    /// <summary>The address in the form in which hosts are keyed; null when the text cannot be one.</summary>
    /// <remarks>IPv6 has many spellings of one address (RFC 5952): the canonical one is the key. Names stay as they are.</remarks>
    public static string? Parse(string given)
    {
        ArgumentNullException.ThrowIfNull(given);
        if (given.Length is 0 or > MaxLength)
        {
            return null;
        }
        if (given.Contains(':'))
        {
            return !given.Contains('[') && IPAddress.TryParse(given, out var six) ? six.ToString() : null;
        }
        if (NumbersAndDots().IsMatch(given))
        {
            // The framework reads "10.1" as 10.0.0.1 and "010.0.0.1" as octal: what is not the usual form is a mistake.
            return IPAddress.TryParse(given, out var four) && four.ToString() == given ? given : null;
        }
        return Name().IsMatch(given) ? given : null;
    }

    [GeneratedRegex(@"^[0-9.]+\z")]
    private static partial Regex NumbersAndDots();

    [GeneratedRegex(@"^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\z")]
    private static partial Regex Name();
}
