using System.Text.RegularExpressions;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>What a real node says to Prometheus, and whether dashboard and alerts ask for what there is.</summary>
[Collection<EngineCollection>]
public sealed partial class MetricsTests(MetricsTests.Telling fixture) : NodeStory(fixture), IClassFixture<MetricsTests.Telling>
{
    /// <summary>Only a node with a broker, or with an agent of the antagonist, has them: they are seen in the tests of these.</summary>
    private static readonly string[] Elsewhere = ["hms_commands_total", "hms_attacks"];

    private static string Deploy(string file) => SourceTree.File($"deploy/{file}");

    [Fact]
    public async Task A_killed_container_is_counted_and_all_that_dashboard_and_alerts_ask_for_is_there()
    {
        await RunHealthyAsync("web");
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync("web");
        // Nobody is there to take it.
        using (await Node.Http.PostAsync(new Uri("notifications/test", UriKind.Relative), null, Token))
        {
        }

        var scraped = await ScrapeAsync();
        Assert.Contains($"host=\"{NodeProcess.Host}\"", scraped, StringComparison.Ordinal);
        Assert.Matches("""(?m)^hms_containers\{.*health="healthy".*\} [12]( |$)""", scraped);
        Assert.Matches("""(?m)^hms_faults_total\{.*cause="stopped".*\} 1( |$)""", scraped);
        Assert.Matches("""(?m)^hms_restarts_total\{.*action="start".*outcome="done".*\} 1( |$)""", scraped);
        Assert.Matches("""(?m)^hms_engine_up\{.*\} 1( |$)""", scraped);
        Assert.Matches("""(?m)^hms_notifications_sent_total\{.*outcome="failed".*type="slack".*\} [1-9]""", scraped);
        Assert.Matches("""(?m)^hms_notifications_waiting\{.*channel="nobody".*\} \d""", scraped);
        Assert.DoesNotContain("web", string.Join('\n', scraped.Split('\n').Where(line => line.StartsWith("hms_", StringComparison.Ordinal))), StringComparison.Ordinal);

        foreach (var file in (string[])["grafana/hms.json", "prometheus/alerts.yml"])
        {
            var wanted = Metric().Matches(await File.ReadAllTextAsync(Deploy(file), Token)).Select(match => match.Value).Except(Elsewhere).ToList();
            Assert.NotEmpty(wanted);
            Assert.All(wanted, name => Assert.Matches($$"""(?m)^{{name}}[{ ]""", scraped));
        }
    }

    [Fact]
    public async Task Promtool_finds_no_fault_in_metrics_rules_and_their_tests()
    {
        var own = (await ScrapeAsync()).Split('\n').Where(line => Metric().IsMatch(line));
        var file = Path.Combine(Node.DataDirectory, "metrics");
        await File.WriteAllTextAsync(file, string.Join('\n', own) + "\n", Token);

        await Command.RunAsync("sh", Token, "-c", "promtool check metrics <\"$0\"", file);
        await Command.RunAsync("promtool", Token, "check", "rules", Deploy("prometheus/alerts.yml"));
        await Command.RunAsync("promtool", Token, "test", "rules", Deploy("prometheus/alerts.test.yml"));
    }

    private Task<string> ScrapeAsync() => Node.Http.GetStringAsync(new Uri("metrics", UriKind.Relative), Token);

    /// <summary>One that tells people, or tries to.</summary>
    public sealed class Telling(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings =>
        [
            .. Brisk,
            ("Hms:Notifications:Channels:0:Name", "nobody"), ("Hms:Notifications:Channels:0:Type", "slack"), ("Hms:Notifications:Channels:0:Url", "http://127.0.0.1:9/"),
        ];
    }

    [GeneratedRegex(@"\bhms_[a-z_]+\b")]
    private static partial Regex Metric();
}
