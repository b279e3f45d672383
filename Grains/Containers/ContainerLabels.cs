using System.Globalization;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Containers;

/// <summary>A container's wishes, read from its labels.</summary>
/// <param name="Supervised"><c>hms.enable</c>, else <c>autoheal</c>: <c>true</c> or <c>false</c>.</param>
/// <param name="Threshold"><c>hms.threshold</c>: percent, 0 to 100.</param>
/// <param name="Restart"><c>hms.restart</c>: <c>always</c>, <c>on-failure</c> or <c>never</c>.</param>
/// <param name="StopTimeout"><c>hms.stop-timeout</c>, else <c>autoheal.stop.timeout</c>: seconds, 0 to 3600.</param>
/// <param name="Notify"><c>hms.notify</c>: <c>false</c> when nobody is to be told of it.</param>
/// <param name="Unknown">Labels whose value is none of these, as <c>name=value</c>; their default is kept.</param>
internal sealed record ContainerLabels(bool? Supervised, double? Threshold, RestartMode? Restart, TimeSpan? StopTimeout, bool? Notify, IReadOnlyList<string> Unknown)
{
    public static ContainerLabels Read(IReadOnlyDictionary<string, string> labels)
    {
        var unknown = new List<string>();

        return new(
            Parse("hms.enable", Switch) ?? Parse("autoheal", Switch),
            Parse("hms.threshold", value => Number(value, 100)),
            Parse("hms.restart", Restarts),
            (Parse("hms.stop-timeout", value => Number(value, 3600)) ?? Parse("autoheal.stop.timeout", value => Number(value, 3600))) is { } seconds
                ? TimeSpan.FromSeconds(seconds) : null,
            Parse("hms.notify", Switch),
            unknown);

        T? Parse<T>(string name, Func<string, T?> parse) where T : struct
        {
            if (!labels.TryGetValue(name, out var value))
            {
                return null;
            }
            var parsed = parse(value.Trim());
            if (parsed is null)
            {
                unknown.Add($"{name}={value}");
            }
            return parsed;
        }
    }

    private static bool? Switch(string value) => bool.TryParse(value, out var on) ? on : null;

    private static RestartMode? Restarts(string value) => value.ToLowerInvariant() switch
    {
        "always" => RestartMode.Always,
        "on-failure" => RestartMode.OnFailure,
        "never" => RestartMode.Never,
        _ => null,
    };

    private static double? Number(string value, double max) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= max ? number : null;
}
