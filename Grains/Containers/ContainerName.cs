using System.Collections.Immutable;

namespace HmsOrleans.Grains.Containers;

/// <summary>Finds the container that a person means: by full id, name, or unique prefix of the id.</summary>
public static class ContainerName
{
    /// <summary>Longest name or id that is looked at.</summary>
    public const int MaxLength = 255;

    /// <summary>Finds the container that <paramref name="given"/> names.</summary>
    public static ContainerMatch Resolve(IEnumerable<ContainerView> containers, string given)
    {
        if (given.Length is 0 or > MaxLength || !given.All(IsNameCharacter))
        {
            return new(ContainerMatchKind.Malformed, null, []);
        }
        var prefixed = new List<ContainerView>();
        foreach (var container in containers)
        {
            if (container.Id == given || container.Name == given)
            {
                return new(ContainerMatchKind.Found, container, []);
            }
            if (container.Id.StartsWith(given, StringComparison.OrdinalIgnoreCase))
            {
                prefixed.Add(container);
            }
        }
        return prefixed switch
        {
            [] => new(ContainerMatchKind.Unknown, null, []),
            [var only] => new(ContainerMatchKind.Found, only, []),
            _ => new(ContainerMatchKind.Ambiguous, null, [.. prefixed.Select(container => $"{container.ShortId} ({container.Name})").Order(StringComparer.Ordinal)]),
        };
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-';
}

/// <summary>What a given name or id leads to.</summary>
/// <param name="Kind">Whether one container is meant.</param>
/// <param name="Container">The one that is meant; null unless found.</param>
/// <param name="Matches">Those that could be meant; empty unless ambiguous.</param>
public sealed record ContainerMatch(ContainerMatchKind Kind, ContainerView? Container, ImmutableArray<string> Matches);

/// <summary>Whether a given name or id names one container.</summary>
public enum ContainerMatchKind
{
    Found,

    /// <summary>A prefix of several ids.</summary>
    Ambiguous,
    Unknown,

    /// <summary>No container can be called that.</summary>
    Malformed,
}
