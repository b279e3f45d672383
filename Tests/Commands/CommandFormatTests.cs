using System.Text;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Silo.Commands;
using Xunit;

namespace HmsOrleans.Tests.Commands;

/// <summary>Every command and every mistake.</summary>
public sealed class CommandFormatTests
{
    private const string Controller = "controller";
    private const string Manager = "manager.10.0.0.1";
    private const string Antagonist = "antagonist.10.0.0.1";

    [Theory]
    [InlineData(Controller, """{"command": "get_all_containers"}""", nameof(CommandKind.GetContainers))]
    [InlineData(Controller, """{"command": "get_host_containers", "address": "10.0.0.1"}""", nameof(CommandKind.GetHost), "10.0.0.1")]
    [InlineData(Controller, """{"command": "get_container", "address": "10.0.0.1", "containerID": "web"}""", nameof(CommandKind.GetContainer), "10.0.0.1", "web")]
    [InlineData(Controller, """{"command": "add_container", "address": "10.0.0.1", "containerID": "web"}""", nameof(CommandKind.Supervise), "10.0.0.1", "web")]
    [InlineData(Controller, """{"command": "remove_container", "address": "10.0.0.1", "containerID": "web"}""", nameof(CommandKind.Ignore), "10.0.0.1", "web")]
    [InlineData(Controller, """{"command": "change_all_threshold", "threshold": 0}""", nameof(CommandKind.SetFleetThreshold), null, null, 0d)]
    [InlineData(Controller, """{"command": "change_threshold", "address": "10.0.0.1", "threshold": 100}""", nameof(CommandKind.SetHostThreshold), "10.0.0.1", null, 100d)]
    [InlineData(Controller, """{"command": "change_threshold", "address": "10.0.0.1", "threshold": null}""", nameof(CommandKind.SetHostThreshold), "10.0.0.1")]
    [InlineData(Controller, """{"command": "add_host", "address": "10.0.0.1", "password": "secret"}""", nameof(CommandKind.AddHost), "10.0.0.1")]
    [InlineData(Controller, """{"command": "remove_host", "address": "10.0.0.1", "password": "secret"}""", nameof(CommandKind.RemoveHost), "10.0.0.1")]
    [InlineData(Controller, """{"command": "add_antagonists"}""", nameof(CommandKind.StartTests))]
    [InlineData(Controller, """{"command": "remove_antagonists"}""", nameof(CommandKind.StopTests))]
    [InlineData(Controller, """{"command": "add_host_antagonist", "address": "10.0.0.1"}""", nameof(CommandKind.StartTest), "10.0.0.1")]
    [InlineData(Controller, """{"command": "remove_host_antagonist", "address": "10.0.0.1"}""", nameof(CommandKind.StopTest), "10.0.0.1")]
    [InlineData(Antagonist, """{"command": "start_antagonist"}""", nameof(CommandKind.StartTest), "10.0.0.1")]
    [InlineData(Antagonist, """{"command": "stop_antagonist"}""", nameof(CommandKind.StopTest), "10.0.0.1")]
    [InlineData(Manager, """{"command": "container_ignore", "containerID": "web"}""", nameof(CommandKind.Ignore), "10.0.0.1", "web")]
    [InlineData(Manager, """{"command": "container_add", "containerID": "web"}""", nameof(CommandKind.Supervise), "10.0.0.1", "web")]
    [InlineData(Manager, """{"command": "container_threshold", "threshold": 59.5}""", nameof(CommandKind.SetHostThreshold), "10.0.0.1", null, 59.5)]
    [InlineData(Manager, """{"command": "container_threshold", "threshold": -0}""", nameof(CommandKind.SetHostThreshold), "10.0.0.1", null, 0d)]
    [InlineData(Manager, """{"command": "give_content"}""", nameof(CommandKind.GetHost), "10.0.0.1")]
    [InlineData("manager.example.org", """{"command": "give_content"}""", nameof(CommandKind.GetHost), "example.org")]
    [InlineData("manager.2001:db8::1", """{"command": "give_content"}""", nameof(CommandKind.GetHost), "2001:db8::1")]
    [InlineData(Controller, """{"command": "get_all_containers", "sender": "rest", "unknown": [1]}""", nameof(CommandKind.GetContainers))]
    public void A_command_is_read(string key, string body, string kind, string? host = null, string? container = null, double? threshold = null)
    {
        var content = CommandFormat.Read(key, Encoding.UTF8.GetBytes(body), out _);
        Assert.Equal(new CommandContent(Enum.Parse<CommandKind>(kind), host, container, threshold), content);
    }

    [Theory]
    [InlineData(Controller, "change_antagonists_conf", nameof(CommandKind.ConfigureTests), null)]
    [InlineData(Controller, "change_host_antagonist_conf", nameof(CommandKind.ConfigureTest), "10.0.0.1")]
    [InlineData(Antagonist, "conf_antagonist", nameof(CommandKind.ConfigureTest), "10.0.0.1")]
    public void A_scenario_is_read(string key, string command, string kind, string? host)
    {
        var body = $$"""{"command": "{{command}}", "address": "10.0.0.1", "heavy": 90, "balance": 0, "loss": 80.5, "frequency": 0.1, "duration": 20, "seed": 7}""";

        Assert.Equal(
            new CommandContent(Enum.Parse<CommandKind>(kind), host, null, null, new() { Heavy = 90, Balance = 0, Loss = 80.5, Frequency = 0.1, Duration = 20, Seed = 7 }),
            CommandFormat.Read(key, Encoding.UTF8.GetBytes(body), out _));
        Assert.Equal(
            new ScenarioChange { Heavy = 5 }, CommandFormat.Read(key, Encoding.UTF8.GetBytes($$"""{"command": "{{command}}", "address": "10.0.0.1", "heavy": 5}"""), out _).Scenario);
    }

    [Theory]
    [InlineData(Controller, """{"command": "change_antagonists_conf"}""", "field-invalid", "at least one of: heavy, balance")]
    [InlineData(Controller, """{"command": "change_antagonists_conf", "heavy": 101}""", "field-invalid", "'heavy' is 101; it must be a number from 0 to 100 (percent).")]
    [InlineData(Controller, """{"command": "change_antagonists_conf", "frequency": "1"}""", "field-invalid", "'frequency' is \"1\"")]
    [InlineData(Controller, """{"command": "start_antagonist"}""", "command-unknown", "is a command for 'antagonist.<address>'")]
    [InlineData(Antagonist, """{"command": "give_content"}""", "command-unknown", "is a command for 'manager.<address>'")]
    [InlineData("antagonist.", """{"command": "start_antagonist"}""", "address-malformed", "'' is no address")]
    [InlineData(Controller, "", "body-invalid", "not valid JSON")]
    [InlineData(Controller, "{", "body-invalid", "not valid JSON")]
    [InlineData(Controller, """{"command": "get_all_containers"} more""", "body-invalid", "not valid JSON")]
    [InlineData(Controller, """{"command": "get_all_containers", "command": "remove_host"}""", "body-invalid", "not valid JSON")]
    [InlineData(Controller, "[[[[[[[[[]]]]]]]]]", "body-invalid", "not valid JSON")]
    [InlineData(Controller, """["get_all_containers"]""", "body-invalid", "no object")]
    [InlineData(Controller, "null", "body-invalid", "no object")]
    [InlineData(Controller, "{}", "field-invalid", "'command' is missing")]
    [InlineData(Controller, """{"command": 7}""", "field-invalid", "'command' is 7")]
    [InlineData(Controller, """{"command": ""}""", "field-invalid", "'command' is \"\"")]
    [InlineData(Controller, """{"command": "reboot"}""", "command-unknown", "'reboot' is no command")]
    [InlineData(Controller, """{"command": "GET_ALL_CONTAINERS"}""", "command-unknown", "is no command")]
    [InlineData(Controller, """{"command": "give_content"}""", "command-unknown", "is a command for 'manager.<address>'")]
    [InlineData(Manager, """{"command": "get_all_containers"}""", "command-unknown", "is a command for 'controller'")]
    [InlineData(Controller, """{"command": "get_host_containers"}""", "field-invalid", "'address' is missing")]
    [InlineData(Controller, """{"command": "get_host_containers", "address": null}""", "field-invalid", "'address' is null")]
    [InlineData(Controller, """{"command": "get_host_containers", "address": "a b"}""", "address-malformed", "'a b' is no address")]
    [InlineData("manager.", """{"command": "give_content"}""", "address-malformed", "'' is no address")]
    [InlineData(Manager, """{"command": "container_add"}""", "field-invalid", "'containerID' is missing")]
    [InlineData(Manager, """{"command": "container_add", "containerID": ["web"]}""", "field-invalid", "'containerID' is [\"web\"]")]
    [InlineData(Manager, """{"command": "container_threshold"}""", "field-invalid", "'threshold' is missing")]
    [InlineData(Manager, """{"command": "container_threshold", "threshold": "60"}""", "field-invalid", "or null")]
    [InlineData(Manager, """{"command": "container_threshold", "threshold": -0.1}""", "field-invalid", "'threshold' is -0.1")]
    [InlineData(Manager, """{"command": "container_threshold", "threshold": 100.1}""", "field-invalid", "'threshold' is 100.1")]
    [InlineData(Manager, """{"command": "container_threshold", "threshold": 1e999}""", "field-invalid", "'threshold' is 1e999")]
    [InlineData(Controller, """{"command": "change_all_threshold", "threshold": null}""", "field-invalid", "from 0 to 100 (percent).")]
    public void A_mistake_is_named(string key, string body, string type, string description)
    {
        var e = Assert.Throws<CommandFormatException>(() => CommandFormat.Read(key, Encoding.UTF8.GetBytes(body), out _));
        Assert.Equal(type, e.Type);
        Assert.Contains(description, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_whose_bytes_are_none_is_refused()
    {
        foreach (var at in (int[])[14, 48])
        {
            var body = "{\"command\": \"get_host_containers\", \"address\": \"10.0.0.1\"}"u8.ToArray();
            body[at] = 0xFF;
            Assert.Equal("body-invalid", Assert.Throws<CommandFormatException>(() => CommandFormat.Read(Controller, body, out _)).Type);
        }
    }

    [Fact]
    public void A_body_that_is_too_large_is_not_even_parsed()
    {
        var e = Assert.Throws<CommandFormatException>(() => CommandFormat.Read(Controller, new byte[CommandFormat.MaxBytes + 1], out _));
        Assert.Equal("body-too-large", e.Type);
    }

    [Theory]
    [InlineData("""{"command": "get_all_containers", "sender": "rest.1"}""", "rest.1")]
    [InlineData("""{"command": "nonsense", "sender": "rest.1"}""", "rest.1")]
    [InlineData("""{"command": "get_all_containers", "sender": 5}""", null)]
    public void The_sender_is_known_also_of_what_is_refused(string body, string? expected)
    {
        string? sender = null;
        _ = Record.Exception(() => CommandFormat.Read(Controller, Encoding.UTF8.GetBytes(body), out sender));
        Assert.Equal(expected, sender);
    }

    [Fact]
    public void What_is_quoted_of_a_command_is_short()
    {
        var e = Assert.Throws<CommandFormatException>(() => CommandFormat.Read(Controller, Encoding.UTF8.GetBytes($$"""{"command": "{{new string('x', 10_000)}}"}"""), out _));
        Assert.True(e.Message.Length < 1000, e.Message);
    }
}
