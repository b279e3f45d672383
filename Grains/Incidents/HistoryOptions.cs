using Microsoft.Extensions.Options;

namespace HmsOrleans.Grains.Incidents;

/// <summary>Section <c>Hms:History</c>: how long incidents are remembered.</summary>
public sealed class HistoryOptions
{
    public const string Section = "Hms:History";

    public static readonly TimeSpan MinRetention = TimeSpan.FromHours(1);
    public static readonly TimeSpan MaxRetention = TimeSpan.FromDays(5 * 366);

    /// <summary>Incidents that are over and have not changed for so long are forgotten.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);
}

/// <summary>Says at start which setting is wrong, and what it may be.</summary>
public sealed class HistoryOptionsValidator : IValidateOptions<HistoryOptions>
{
    public ValidateOptionsResult Validate(string? name, HistoryOptions options) =>
        options.Retention >= HistoryOptions.MinRetention && options.Retention <= HistoryOptions.MaxRetention
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{HistoryOptions.Section}:{nameof(options.Retention)} is {options.Retention}; it must be 01:00:00 to {HistoryOptions.MaxRetention} (days come before a dot: 30.00:00:00)");
}
