using Microsoft.Extensions.Options;

namespace HmsOrleans.Grains.Health;

/// <summary>Section <c>Hms:Health</c>: when a container counts as ill, and how patiently it is healed.</summary>
public sealed class HealthOptions
{
    public const string Section = "Hms:Health";

    /// <summary>Percent of packet loss (0-100) above which a container is restarted, where neither fleet, host, label nor container says otherwise.</summary>
    public double Threshold { get; set; } = 60;

    /// <summary>
    /// Time after a start during which packet loss is not held against a container. Less than a second is too short: a host that
    /// has asked for the container's address in vain (ARP) asks again only after one.
    /// </summary>
    public TimeSpan StartGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Unbroken health after which a recovery counts as one.</summary>
    public TimeSpan RecoveredAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait after the first failed recovery; doubled by each further one.</summary>
    public TimeSpan BackOff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between two attempts.</summary>
    public TimeSpan MaxBackOff { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Failed recoveries within <see cref="QuarantineWindow"/> after which a container is left to a person.</summary>
    public int QuarantineAfter { get; set; } = 10;

    public TimeSpan QuarantineWindow { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Starts and restarts under way on a host at the same time.</summary>
    public int ConcurrentRestarts { get; set; } = 4;
}

/// <summary>Says at start which setting is wrong, and what it may be.</summary>
public sealed class HealthOptionsValidator : IValidateOptions<HealthOptions>
{
    public ValidateOptionsResult Validate(string? name, HealthOptions options)
    {
        var wrong = new List<string>();
        Check(options.Threshold is >= 0 and <= 100, "Threshold", options.Threshold, "0 to 100 (percent)");
        Check(options.StartGrace >= TimeSpan.Zero && options.StartGrace <= TimeSpan.FromMinutes(10), "StartGrace", options.StartGrace, "00:00:00 to 00:10:00");
        Check(options.RecoveredAfter > TimeSpan.Zero && options.RecoveredAfter <= TimeSpan.FromHours(1), "RecoveredAfter", options.RecoveredAfter, "more than 0 and at most 01:00:00");
        Check(options.BackOff >= TimeSpan.FromMilliseconds(100) && options.BackOff <= TimeSpan.FromHours(1), "BackOff", options.BackOff, "00:00:00.1 to 01:00:00");
        Check(options.MaxBackOff >= options.BackOff && options.MaxBackOff <= TimeSpan.FromDays(1), "MaxBackOff", options.MaxBackOff, "at least Hms:Health:BackOff and at most one day");
        Check(options.QuarantineAfter is >= 1 and <= 1000, "QuarantineAfter", options.QuarantineAfter, "1 to 1000");
        Check(options.QuarantineWindow > TimeSpan.Zero && options.QuarantineWindow <= TimeSpan.FromDays(1), "QuarantineWindow", options.QuarantineWindow, "more than 0 and at most one day");
        Check(options.ConcurrentRestarts is >= 1 and <= 100, "ConcurrentRestarts", options.ConcurrentRestarts, "1 to 100");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);

        void Check(bool good, string setting, object value, string range)
        {
            if (!good)
            {
                wrong.Add($"{HealthOptions.Section}:{setting} is {value}; it must be {range}");
            }
        }
    }
}
