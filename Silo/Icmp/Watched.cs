using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Silo.Icmp;

/// <summary>A watched address, as <see cref="ProbePlan"/> remembers it.</summary>
internal sealed class Watched(ProbeTarget target, int count, TimeSpan now)
{
    internal ProbeTarget Target { get; } = target;

    internal EchoAddress Address { get; } = EchoAddress.From(target.Address);

    /// <summary>Outcomes of sparse probes, for the reports every few seconds.</summary>
    internal Outcomes Sparse { get; } = new(count);

    /// <summary>Outcomes of the burst.</summary>
    internal Outcomes Burst { get; } = new(count);

    internal bool Bursting { get; set; }

    /// <summary>Changes whenever a burst begins or ends: probes of an earlier phase no longer count.</summary>
    internal int Phase { get; set; }

    /// <summary>Probes of the burst sent so far.</summary>
    internal int Launched { get; set; }

    /// <summary>When the burst's first probe was sent.</summary>
    internal TimeSpan BurstSince { get; set; }

    /// <summary>When the next probe is due.</summary>
    internal TimeSpan NextSend { get; set; } = now;

    internal TimeSpan LastSend { get; set; } = TimeSpan.MinValue / 2;

    /// <summary>A probe of the burst failed to leave for a reason that lies with the host.</summary>
    internal int? HostError { get; set; }

    /// <summary>Since when the kernel has had no room for its probes.</summary>
    internal TimeSpan? PostponedSince { get; set; }

    /// <summary>Bursts in a row that came to nothing because the prober overslept.</summary>
    internal int Voided { get; set; }

    internal TimeSpan LastBlind { get; set; } = TimeSpan.MinValue / 2;
}
