using HmsOrleans.Antagonist.Engine;

namespace HmsOrleans.Antagonist.Agent;

/// <summary>The container that the agent itself runs in, should it: that one is never attacked.</summary>
internal sealed class OwnContainer
{
    // The engine mounts a file into each container whose path has the full id. On the host itself other files of all containers are mounted.
    private readonly string _mounts = File.Exists("/proc/self/mountinfo") ? File.ReadAllText("/proc/self/mountinfo") : "";

    public bool Is(ListedContainer container) => _mounts.Contains($"{container.Id}/hostname /etc/hostname", StringComparison.Ordinal);
}
