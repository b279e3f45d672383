namespace HmsOrleans.Antagonist.Faults;

/// <summary>What faults of the host itself are aimed at. An agent that was not told causes none.</summary>
/// <param name="Silo">File with the process id of the node.</param>
/// <param name="Engine">File with the process id of the engine.</param>
/// <param name="Interface">The interface over which the others are reached.</param>
internal sealed record HostPrograms(string Silo, string Engine, string Interface);
