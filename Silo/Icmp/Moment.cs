namespace HmsOrleans.Silo.Icmp;

/// <summary>One reading of two clocks.</summary>
/// <param name="Up">Since the prober began; never steps. All waiting is measured by it.</param>
/// <param name="Wall">Time of day (UTC), for reports and for the kernel's receive times.</param>
internal readonly record struct Moment(TimeSpan Up, DateTimeOffset Wall)
{
    /// <summary>The time of day of an earlier point.</summary>
    internal DateTimeOffset At(TimeSpan up) => Wall - (Up - up);
}
