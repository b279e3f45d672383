using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Plans;

/// <summary>One attack of a plan.</summary>
/// <param name="Container">Name of the container.</param>
/// <param name="At">From the start of the scenario, in whole milliseconds.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Loss">Percent of dropped packets, of an attack that drops some.</param>
/// <param name="Duration">How long it lasts; zero for one that ends the container.</param>
internal sealed record PlannedAttack(string Container, TimeSpan At, AttackKind Kind, double? Loss, TimeSpan Duration)
{
    /// <summary>Whom it is aimed at, in words.</summary>
    public string Victim => Container == AttackPlan.HostItself ? "the host" : Container;
}
