using System.Collections.Immutable;
using HmsOrleans.Api.Problems;
using HmsOrleans.Grains.Containers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HmsOrleans.Api.Containers;

/// <summary>What can be wrong with the name of a container.</summary>
internal static class ContainerProblems
{
    /// <summary>As many matches as still help in a sentence; the field has all.</summary>
    private const int MatchesInDetail = 8;

    /// <summary>Whether no container can have that id or name, on whatever host.</summary>
    public static bool IsMalformed(string given) => ContainerName.Resolve([], given).Kind == ContainerMatchKind.Malformed;

    public static ProblemHttpResult Malformed(string given) => ProblemType.ContainerMalformed.With(
        $"'{(given.Length <= ContainerName.MaxLength ? given : given[..32] + "...")}' cannot name a container: give its id, the beginning of its id or its name (at most {ContainerName.MaxLength} letters, digits, '_', '.', '-').");

    public static ProblemHttpResult NotFound(string host, string given) => ProblemType.ContainerNotFound.With(
        $"No container on {host} has an id that begins with '{given}', or that name. GET /containers/{host} lists them.", ("host", host));

    public static ProblemHttpResult NotRestarted(string host, string why) => ProblemType.RestartRefused.With($"Nothing was done: {why}.", ("host", host));

    public static ProblemHttpResult Ambiguous(string host, string given, ImmutableArray<string> matches)
    {
        var shown = string.Join(", ", matches.Take(MatchesInDetail)) + (matches.Length > MatchesInDetail ? ", ..." : "");
        return ProblemType.ContainerAmbiguous.With(
            $"'{given}' is the beginning of {matches.Length} ids on {host}: {shown}. Give more digits or the name.",
            ("host", host), ("matches", matches));
    }
}
