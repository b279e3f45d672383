using System.Globalization;
using System.Text.Json;

namespace HmsOrleans.Tests.Engine;

/// <summary>What the engine itself says happened, in its order and by its clock: the truth that tests measure against.</summary>
/// <remarks>The action is as on the wire: <c>die</c>, <c>kill</c>, <c>start</c>, <c>health_status: unhealthy</c>, ... The id is the container's full one,
/// or that of a network or volume. The name is empty where the engine names none.</remarks>
internal sealed record EngineEvent(DateTimeOffset At, string Type, string Action, string Id, string Name, int? ExitCode, int? Signal)
{
    public static EngineEvent Parse(string line)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        var actor = root.GetProperty("Actor");
        string? Attribute(string name)
            => actor.TryGetProperty("Attributes", out var all) && all.ValueKind is JsonValueKind.Object && all.TryGetProperty(name, out var value) ? value.GetString() : null;

        int? Number(string name) => int.TryParse(Attribute(name), CultureInfo.InvariantCulture, out var number) ? number : null;

        return new EngineEvent(
            DateTimeOffset.UnixEpoch.AddTicks(root.GetProperty("timeNano").GetInt64() / TimeSpan.NanosecondsPerTick),
            root.GetProperty(nameof(Type)).GetString()!,
            root.GetProperty(nameof(Action)).GetString()!,
            actor.GetProperty("ID").GetString()!,
            Attribute("name") ?? "",
            Number("exitCode"),
            Number("signal"));
    }
}
