namespace HmsOrleans.Grains.News;

/// <summary>What is new on a host, for the controller: what changed since the news before, or everything. Made and read by <see cref="NewsWriter"/> and <see cref="NewsReader"/>.</summary>
/// <param name="Packed">The host's content, packed (see <see cref="NewsBook"/>).</param>
[GenerateSerializer, Immutable, Alias("hms.HostNews")]
public readonly record struct HostNews([property: Id(0)] byte[] Packed);
