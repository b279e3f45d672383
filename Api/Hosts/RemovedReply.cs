namespace HmsOrleans.Api.Hosts;

/// <summary>A host that is no longer under supervision.</summary>
/// <param name="Address">The host's address.</param>
/// <param name="Supervised">Always false.</param>
/// <param name="Details">What goes on there, and how to take it back.</param>
public sealed record RemovedReply(string Address, bool Supervised, string Details)
{
    internal static RemovedReply Of(string address) => new(
        address, false,
        $"Supervision of {address} has ended: its containers run on unwatched, and its node goes on, idle. PUT /containers/{address} takes it back.");
}
