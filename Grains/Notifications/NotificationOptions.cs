using Microsoft.Extensions.Options;

namespace HmsOrleans.Grains.Notifications;

/// <summary>Section <c>Hms:Notifications</c>: what people are told of.</summary>
public sealed class NotificationOptions
{
    public const string Section = "Hms:Notifications";

    /// <summary>An incident is told when it is still not mended after so long: what heals at once wakes nobody.</summary>
    public TimeSpan After { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Each incident is told at once, also when it was mended in the blink of an eye.</summary>
    public bool All { get; set; }

    /// <summary>Messages in a minute at most: what is more is put together into one.</summary>
    public int MaxPerMinute { get; set; } = 10;
}

/// <summary>Says at start which setting is wrong, and what it may be.</summary>
public sealed class NotificationOptionsValidator : IValidateOptions<NotificationOptions>
{
    private static readonly TimeSpan MaxAfter = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, NotificationOptions options)
    {
        if (options.After < TimeSpan.Zero || options.After > MaxAfter)
        {
            return ValidateOptionsResult.Fail($"{NotificationOptions.Section}:After is {options.After}; it must be 00:00:00 to 01:00:00");
        }
        return options.MaxPerMinute is >= 1 and <= 1000
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{NotificationOptions.Section}:MaxPerMinute is {options.MaxPerMinute}; it must be 1 to 1000");
    }
}
