using System.Text.Json;

namespace HmsOrleans.Cli.Client;

/// <summary>What the API answered.</summary>
/// <param name="Value">What of it is shown in tables.</param>
/// <param name="Json">All of it, as it came.</param>
/// <param name="Unsaved">Why a change that holds is not saved yet; null when it is.</param>
internal sealed record Answer<T>(T Value, JsonElement Json, string? Unsaved);
