namespace HmsOrleans.Api.Readiness;

/// <summary>The host that this node is responsible for.</summary>
/// <param name="Address">Its address; null for a node that only serves the API.</param>
internal sealed record LocalHost(string? Address);
