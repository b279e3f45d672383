using System.Text.Json;

namespace HmsOrleans.Cli.Client;

/// <summary>What changed, as GET /events tells it.</summary>
internal sealed record Delta(HostSummary[]? Hosts, JsonElement[]? Changed, RemovedContainer[]? Removed);

/// <summary>All there is, as GET /events tells it.</summary>
internal sealed record Snapshot(JsonElement Hosts);

internal sealed record RemovedContainer(string Host, string Id);
