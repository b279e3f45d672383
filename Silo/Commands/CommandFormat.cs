using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Silo.Commands;

/// <summary>The JSON of commands: <c>{"command": ..., parameters}</c>, as the report's programs speak it.</summary>
internal static class CommandFormat
{
    /// <summary>The largest command that is read; the largest useful one has a few hundred bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Routing key of commands about the fleet, and about hosts by their address.</summary>
    public const string Controller = "controller";

    /// <summary>What a routing key of commands to a host begins with; its address follows.</summary>
    public const string Manager = "manager.";

    /// <summary>What a routing key of commands to the antagonist of a host begins with; its address follows.</summary>
    public const string Antagonist = "antagonist.";

    private const int MaxShown = 60;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private static readonly FrozenDictionary<string, Shape> ForController = new Dictionary<string, Shape>
    {
        ["get_all_containers"] = new(CommandKind.GetContainers),
        ["get_host_containers"] = new(CommandKind.GetHost, Address: true),
        ["get_container"] = new(CommandKind.GetContainer, Address: true, Container: true),
        ["add_container"] = new(CommandKind.Supervise, Address: true, Container: true),
        ["remove_container"] = new(CommandKind.Ignore, Address: true, Container: true),
        ["change_all_threshold"] = new(CommandKind.SetFleetThreshold, Threshold: true),
        ["change_threshold"] = new(CommandKind.SetHostThreshold, Address: true, Threshold: true),
        ["add_host"] = new(CommandKind.AddHost, Address: true),
        ["remove_host"] = new(CommandKind.RemoveHost, Address: true),
        ["add_antagonists"] = new(CommandKind.StartTests),
        ["remove_antagonists"] = new(CommandKind.StopTests),
        ["change_antagonists_conf"] = new(CommandKind.ConfigureTests, Scenario: true),
        ["add_host_antagonist"] = new(CommandKind.StartTest, Address: true),
        ["remove_host_antagonist"] = new(CommandKind.StopTest, Address: true),
        ["change_host_antagonist_conf"] = new(CommandKind.ConfigureTest, Address: true, Scenario: true),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Shape> ForManager = new Dictionary<string, Shape>
    {
        ["container_ignore"] = new(CommandKind.Ignore, Container: true),
        ["container_add"] = new(CommandKind.Supervise, Container: true),
        ["container_threshold"] = new(CommandKind.SetHostThreshold, Threshold: true),
        ["give_content"] = new(CommandKind.GetHost),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Shape> ForAntagonist = new Dictionary<string, Shape>
    {
        ["start_antagonist"] = new(CommandKind.StartTest),
        ["stop_antagonist"] = new(CommandKind.StopTest),
        ["conf_antagonist"] = new(CommandKind.ConfigureTest, Scenario: true),
    }.ToFrozenDictionary();

    /// <summary>To whom commands are sent: what their routing keys begin with, and what they can be.</summary>
    private static readonly (string Key, string Shown, FrozenDictionary<string, Shape> Commands)[] Receivers =
    [
        (Manager, Manager + "<address>", ForManager),
        (Antagonist, Antagonist + "<address>", ForAntagonist),
        (Controller, Controller, ForController),
    ];

    /// <summary>Reads a command.</summary>
    /// <param name="routingKey">To whom it was sent.</param>
    /// <param name="body">The JSON.</param>
    /// <param name="sender">Its field <c>sender</c>, where it is a text; also of a command that is refused.</param>
    /// <exception cref="CommandFormatException">It cannot be carried out, by anybody.</exception>
    public static CommandContent Read(string routingKey, ReadOnlyMemory<byte> body, out string? sender)
    {
        sender = null;
        if (body.Length > MaxBytes)
        {
            throw new CommandFormatException("body-too-large", $"The body has {body.Length} bytes; {MaxBytes} are the most that is read.");
        }
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new CommandFormatException("body-invalid", "The body is JSON, but no object. Send an object such as {\"command\": \"get_all_containers\"}.");
            }
            sender = root.TryGetProperty("sender", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
            return Take(routingKey, root);
        }
        catch (JsonException e)
        {
            throw new CommandFormatException("body-invalid", $"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).");
        }
        catch (InvalidOperationException)
        {
            // A text whose bytes are none: the parser takes it, its getters do not.
            throw new CommandFormatException("body-invalid", "The body is not valid UTF-8.");
        }
    }

    private static CommandContent Take(string routingKey, JsonElement root)
    {
        var name = Text(root, "command");
        var receiver = Receivers.First(receiver => receiver.Key == Controller || routingKey.StartsWith(receiver.Key, StringComparison.Ordinal));
        if (!receiver.Commands.TryGetValue(name, out var shape))
        {
            var right = Receivers.FirstOrDefault(other => other.Commands.ContainsKey(name)).Shown;
            throw new CommandFormatException("command-unknown", right is not null
                ? $"'{name}' is a command for '{right}', and was sent to '{Shorten(routingKey)}'."
                : $"'{Shorten(name)}' is no command. There are, {string.Join("; ", Receivers.Select(known => $"for '{known.Shown}': {Names(known.Commands)}"))}.");
        }
        var address = receiver.Key != Controller ? routingKey[receiver.Key.Length..] : shape.Address ? Text(root, "address") : null;
        var host = address is null ? null : HostAddress.Parse(address)
            ?? throw new CommandFormatException("address-malformed", $"'{Shorten(address)}' is no address of a host: give its IPv4 or IPv6 address or its name.");
        return new(shape.Kind, host, shape.Container ? Text(root, "containerID") : null, shape.Threshold ? Percent(root, isNullable: shape.Kind == CommandKind.SetHostThreshold) : null,
            shape.Scenario ? Scenario(root) : null);
    }

    /// <summary>What is left out stays as it is.</summary>
    private static ScenarioChange Scenario(JsonElement root)
    {
        var change = new ScenarioChange();
        foreach (var field in ScenarioField.All)
        {
            if (root.TryGetProperty(field.Name, out var given))
            {
                change = given.ValueKind == JsonValueKind.Number && given.TryGetDouble(out var number) && number >= field.Min && number <= field.Max
                    ? field.Set(change, number + 0)
                    : throw new CommandFormatException("field-invalid", string.Create(CultureInfo.InvariantCulture, $"'{field.Name}' is {Shorten(given.GetRawText())}; it must be a number from {field.Min} to {field.Max} ({field.Unit})."));
            }
        }
        return change != new ScenarioChange() ? change
            : throw new CommandFormatException("field-invalid", $"There is nothing to change. Give at least one of: {string.Join(", ", ScenarioField.All.Select(field => field.Name))}.");
    }

    private static string Text(JsonElement root, string field)
    {
        const string Expected = "it must be a text.";
        if (!root.TryGetProperty(field, out var given))
        {
            throw new CommandFormatException("field-invalid", $"'{field}' is missing; {Expected}");
        }
        return given.ValueKind == JsonValueKind.String && given.GetString() is { Length: > 0 } text
            ? text
            : throw new CommandFormatException("field-invalid", $"'{field}' is {Shorten(given.GetRawText())}; {Expected}");
    }

    private static double? Percent(JsonElement root, bool isNullable)
    {
        var expected = $"it must be a number from 0 to 100 (percent){(isNullable ? " or null" : "")}.";
        if (!root.TryGetProperty("threshold", out var given))
        {
            throw new CommandFormatException("field-invalid", $"'threshold' is missing; {expected}");
        }
        if (given.ValueKind == JsonValueKind.Null && isNullable)
        {
            return null;
        }
        // Adding 0 turns -0 into 0.
        return given.ValueKind == JsonValueKind.Number && given.TryGetDouble(out var number) && number is >= 0 and <= 100
            ? number + 0
            : throw new CommandFormatException("field-invalid", $"'threshold' is {Shorten(given.GetRawText())}; {expected}");
    }

    private static string Names(FrozenDictionary<string, Shape> commands) => string.Join(", ", commands.Keys.Order(StringComparer.Ordinal));

    private static string Shorten(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "...";

    /// <summary>What a command takes.</summary>
    private sealed record Shape(CommandKind Kind, bool Address = false, bool Container = false, bool Threshold = false, bool Scenario = false);
}

/// <summary>What a command asks for, whoever sent it.</summary>
internal sealed record CommandContent(CommandKind Kind, string? Host, string? Container, double? Threshold, ScenarioChange? Scenario = null);

/// <summary>A message is no command.</summary>
/// <param name="type">Which kind of mistake it is, for programs.</param>
/// <param name="message">What is wrong, for people.</param>
internal sealed class CommandFormatException(string type, string message) : Exception(message)
{
    public string Type => type;
}
