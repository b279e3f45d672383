using System.Reflection;
using HmsOrleans.Api.Security;
using HmsOrleans.Api.Telemetry;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Notifications;
using HmsOrleans.Silo.Commands;
using HmsOrleans.Silo.Docker;
using HmsOrleans.Silo.Hosts;
using HmsOrleans.Silo.Icmp;
using HmsOrleans.Silo.Notifications;
using HmsOrleans.Silo.Settings;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace HmsOrleans.Tests.Silo;

public sealed class NodeSettingsTests
{
    [Theory]
    [InlineData("Hms:Health:Treshold", "Hms:Health:Threshold")]
    [InlineData("Hms:Probe:Intervall", "Hms:Probe:Interval")]
    [InlineData("Hms:Api:Key", "Hms:Api:Keys:0:Key")]
    [InlineData("Hms:Api:Keys:1:Rolle", "Hms:Api:Keys:0:Role")]
    [InlineData("Hms:DataDir", "Hms:DataDirectory")]
    public void A_misspelt_setting_is_named_with_the_one_that_was_meant(string given, string meant)
    {
        var message = Assert.Single(NodeSettings.Unknown(Configuration((given, "1"))));

        Assert.StartsWith(given + " ", message, StringComparison.Ordinal);
        Assert.EndsWith($"{meant}.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Known_settings_are_fine_in_any_case_and_those_of_others_are_not_judged()
        => Assert.Empty(NodeSettings.Unknown(Configuration(
            ("hms:health:THRESHOLD", "50"), ("Hms:Api:Keys:12:Name", "a"), ("Orleans:Nonsense", "x"), ("PATH", "/bin"))));

    [Fact]
    public void Help_knows_every_setting_that_there_is()
    {
        (string Section, Type Options)[] sections =
        [
            (HostOptions.Section, typeof(HostOptions)), (DockerOptions.Section, typeof(DockerOptions)), (ProbeOptions.Section, typeof(ProbeOptions)),
            (HealthOptions.Section, typeof(HealthOptions)), (ControllerOptions.Section, typeof(ControllerOptions)), (RegistrationOptions.Section, typeof(RegistrationOptions)), (CommandPathOptions.Section, typeof(CommandPathOptions)), (ApiOptions.Section, typeof(ApiOptions)), (ApiOptions.Section + ":Keys:0", typeof(ApiKey)),
            (TelemetryOptions.Section, typeof(TelemetryOptions)), (HistoryOptions.Section, typeof(HistoryOptions)), (NotificationOptions.Section, typeof(NotificationOptions)), (ChannelListOptions.Section + ":Channels:0", typeof(ChannelOptions)),
        ];
        var settings = sections.SelectMany(section => section.Options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => $"{section.Section}:{property.Name}")).Except([ApiOptions.Section + ":Keys"]);

        Assert.Equal(settings.Append("Hms:DataDirectory").Order(StringComparer.Ordinal), NodeSettings.All.Select(setting => setting.Key).Order(StringComparer.Ordinal));
        Assert.All(NodeSettings.All, setting => Assert.Contains(setting.Key, NodeSettings.Help, StringComparison.Ordinal));
    }

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();
}
