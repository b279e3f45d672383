namespace HmsOrleans.Cli.Client;

/// <summary>Finds the container that a person means, on whichever host: by name, id or the beginning of an id; with HOST/ before it, only there.</summary>
internal static class ContainerPick
{
    /// <summary>All that could be meant: one when it is clear, none when there is none.</summary>
    public static IReadOnlyList<Container> Find(IEnumerable<Container> containers, string given)
    {
        var (host, name) = Split(given);
        var there = containers.Where(container => host is null || container.Host == host).ToList();
        var exact = there.Where(container => container.Name == name || container.Id == name).ToList();
        return exact.Count > 0 || name.Length == 0 ? exact : [.. there.Where(container => container.Id.StartsWith(name, StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>The parts of HOST/NAME; of a name alone the host is null.</summary>
    public static (string? Host, string Name) Split(string given) => given.LastIndexOf('/') is >= 0 and var slash ? (given[..slash], given[(slash + 1)..]) : (null, given);
}
