using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>A way to drop or delay packets on their way to one container.</summary>
internal interface IPacketBackend
{
    string Name { get; }

    /// <summary>Packets can be late, too.</summary>
    bool CanDelay { get; }

    /// <summary>Really tries it, in a network namespace made for that.</summary>
    /// <returns>Why it does not work here; null: it does.</returns>
    Task<string?> TryAsync(CancellationToken cancellationToken);

    /// <summary>Finds the place for a container; changes nothing.</summary>
    /// <param name="container">Its name, for messages.</param>
    /// <param name="process">A process of it, whose network namespace is not the host's.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<PacketPath> LocateAsync(string container, ProcessMark process, CancellationToken cancellationToken);

    /// <summary>From its return on packets are lost, or late where the lease speaks of no loss.</summary>
    Task ApplyAsync(Lease lease, CancellationToken cancellationToken);

    /// <summary>From its return on they are no more. Touches only what carries our mark; what is gone already is no error.</summary>
    /// <returns>False: the place itself is gone.</returns>
    Task<bool> RemoveAsync(Lease lease, CancellationToken cancellationToken);
}
