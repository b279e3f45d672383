using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Api.Containers;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Api.Problems;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HmsOrleans.Api.Incidents;

/// <summary>The parameters of a list of incidents, read as strictly as a body.</summary>
internal readonly record struct IncidentParameters(IncidentQuery? Query, ProblemHttpResult? Problem)
{
    public const int MaxLimit = 500;
    private const int DefaultLimit = 50;

    public static IncidentParameters Read(
        string? host, string? container, string[]? cause, string[]? outcome, string? from, string? to, string? before, string? limit)
    {
        if (host is not null && HostAddress.Parse(host) is null)
        {
            return new(null, HostLookup.Malformed(host));
        }
        if (container is not null && ContainerProblems.IsMalformed(container))
        {
            return new(null, ContainerProblems.Malformed(container));
        }
        if (!TryReadWords<IncidentCause>("cause", cause, out var causes, out var problem)
            || !TryReadWords<IncidentOutcome>("outcome", outcome, out var outcomes, out problem)
            || !TryReadTime("from", from, out var since, out problem)
            || !TryReadTime("to", to, out var until, out problem))
        {
            return new(null, problem);
        }
        if (since > until)
        {
            return new(null, Wrong("to", to!, $"be later than 'from', {from}"));
        }
        if (before is not null && !IsId(before))
        {
            return new(null, Wrong("before", before, "be the 'next' of the page before, 32 hexadecimal digits"));
        }
        var most = DefaultLimit;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) || most is < 1 or > MaxLimit))
        {
            return new(null, Wrong("limit", limit, $"be a whole number from 1 to {MaxLimit}"));
        }
        return new(new(host is null ? null : HostAddress.Parse(host), container, causes, outcomes, since, until, before, most), null);
    }

    /// <summary>Whether an incident may have it for its id.</summary>
    public static bool IsId(string given) => given.Length == 32 && given.All(char.IsAsciiHexDigitLower);

    private static ProblemHttpResult Wrong(string name, string given, string expected) => ProblemType.ParameterInvalid.With(
        $"'{name}' is {(given.Length == 0 ? "empty" : given.Length <= 64 ? given : given[..64] + "...")}; it must {expected}.", ("parameter", name));

    private static bool TryReadWords<T>(string name, string[]? given, out ImmutableArray<T> values, out ProblemHttpResult? problem) where T : struct, Enum
    {
        var words = Enum.GetValues<T>().ToDictionary(value => CamelCase(value.ToString()));
        (values, problem) = ([], null);
        foreach (var word in given ?? [])
        {
            if (!words.TryGetValue(word, out var value))
            {
                problem = Wrong(name, word, $"be one of {string.Join(", ", words.Keys)}, and may be given several times");
                return false;
            }
            values = values.Add(value);
        }
        return true;
    }

    private static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static bool TryReadTime(string name, string? given, out DateTimeOffset? time, out ProblemHttpResult? problem)
    {
        (time, problem) = (null, null);
        if (given is null)
        {
            return true;
        }
        // A '+' that was not encoded has become a blank on the way.
        if (!DateTimeOffset.TryParseExact(given.Replace(' ', '+'), Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
        {
            problem = Wrong(name, given, "be a time as 2026-01-02T12:00:00Z");
            return false;
        }
        time = at;
        return true;
    }

    private static readonly string[] Formats = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];
}
