using System.Globalization;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>One run of one scenario at one aggregation window.</summary>
/// <param name="Scenario">Name of the scenario.</param>
/// <param name="Window">Aggregation window in seconds.</param>
/// <param name="Repetition">From 1.</param>
internal sealed record Cell(string Scenario, double Window, int Repetition)
{
    /// <summary>Name of its directory.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Scenario}-{Window}s-{Repetition:00}");
}
