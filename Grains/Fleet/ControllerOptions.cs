using Microsoft.Extensions.Options;

namespace HmsOrleans.Grains.Fleet;

/// <summary>Section <c>Hms:Controller</c>: how the view of the fleet is kept.</summary>
public sealed class ControllerOptions
{
    public const string Section = "Hms:Controller";

    /// <summary>Time over which hosts collect measurements before they tell of them, until it is set by hand.</summary>
    public TimeSpan AggregationWindow { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Time between two signs of life of a host.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time without a sign of life after which a host is shown as offline.</summary>
    public TimeSpan OfflineAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Shortest window that can be set.</summary>
    public static TimeSpan MinWindow { get; } = TimeSpan.FromSeconds(0.05);

    /// <summary>Longest window that can be set.</summary>
    public static TimeSpan MaxWindow { get; } = TimeSpan.FromSeconds(60);
}

/// <summary>Says at start which setting is wrong, and what it may be.</summary>
public sealed class ControllerOptionsValidator : IValidateOptions<ControllerOptions>
{
    public ValidateOptionsResult Validate(string? name, ControllerOptions options)
    {
        if (options.AggregationWindow < ControllerOptions.MinWindow || options.AggregationWindow > ControllerOptions.MaxWindow)
        {
            return ValidateOptionsResult.Fail($"{ControllerOptions.Section}:AggregationWindow is {options.AggregationWindow}; it must be 00:00:00.05 to 00:01:00");
        }
        if (options.Heartbeat < TimeSpan.FromSeconds(1))
        {
            return ValidateOptionsResult.Fail($"{ControllerOptions.Section}:Heartbeat is {options.Heartbeat}; it must be at least 00:00:01");
        }
        return options.OfflineAfter > options.Heartbeat
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{ControllerOptions.Section}:OfflineAfter is {options.OfflineAfter}; it must be longer than {ControllerOptions.Section}:Heartbeat ({options.Heartbeat})");
    }
}
