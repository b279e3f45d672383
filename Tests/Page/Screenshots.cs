using System.Globalization;
using HmsOrleans.Tests.Antagonist;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using Microsoft.Data.Sqlite;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HmsOrleans.Tests.Page;

/// <summary>The pictures of docs/page.md, of a real node and real faults: <c>deploy/test.sh -explicit only -class HmsOrleans.Tests.Page.Screenshots</c>.</summary>
[Collection<EngineCollection>]
public sealed class Screenshots(Screenshots.Slow fixture) : NodeStory(fixture), IClassFixture<Screenshots.Slow>
{
    private static readonly (string Name, string Image)[] Shop =
    [
        ("api", "shop/api:4.2"), ("cache", "redis:8"), ("checkout", "shop/checkout:2.0"), ("db", "postgres:17"), ("mailer", "shop/mailer:1.3"),
        ("proxy", "traefik:3.4"), ("queue", "rabbitmq:4"), ("search", "opensearch:3"), ("web", "nginx:1.29"), ("worker", "shop/worker:4.2"),
    ];

    [Fact(Explicit = true)]
    public async Task Take()
    {
        await GoodAsync(HttpMethod.Delete, $"containers/{NodeProcess.Host}/{NodeFixture.Bell}");
        var ids = new Dictionary<string, string>();
        foreach (var (name, image) in Shop)
        {
            await Host.Docker(Token, "tag", DockerHost.IdleImage, image);
            ids[name] = (await Host.Docker(Token, "run", "-d", "--name", name, image, "sh", "-c", Life(name))).Trim();
        }
        foreach (var (name, _) in Shop)
        {
            await UntilAsync(name, "healthy");
        }
        await PretendWatchedAsync(ids);
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token);
        await using var browser = await Browser.StartAsync();
        var light = await browser.VisitAsync(Node.Http.BaseAddress!, width: 1240, height: 800);
        var dark = await browser.VisitAsync(Node.Http.BaseAddress!, ColorScheme.Dark, width: 1240, height: 800);
        await Expect(light.Locator(".row.container")).ToHaveCountAsync(Shop.Length + 1);

        // It fails at every start: it is given up after two.
        await Host.Docker(Token, "exec", "mailer", "touch", "/tmp/broken");
        await Host.Docker(Token, "kill", "mailer");
        await Host.Docker(Token, "kill", "web");
        await Host.DropPacketsAsync("search", 1, Token);
        await UntilHealedAsync("web");
        await UntilHealedAsync("search");
        await UntilAsync("mailer", "quarantined");
        // For the small charts to have a shape.
        await Task.Delay(TimeSpan.FromSeconds(60), TimeProvider.System, Token);
        await Host.DropPacketsAsync("cache", 0.3, Token);
        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System, Token);
        await Host.Docker(Token, "exec", "worker", "touch", "/tmp/end");
        await UntilHealedAsync("worker");
        await Host.Docker(Token, "exec", "worker", "touch", "/tmp/end");
        await Host.Docker(Token, "kill", "queue");
        await BothAsync(light, dark, "#/", ".row.container[data-tone=bad]", "fleet");
        await BothAsync(light, dark, $"#/containers/{NodeProcess.Host}/worker", ".timeline summary", "container");
        await BothAsync(light, dark, "#/incidents", "li.incident", "incidents");
        await OpenAsync(light, "#/incidents?container=worker");
        await light.Locator("li.incident .more").First.ClickAsync();
        await Expect(light).Not.ToHaveURLAsync(new System.Text.RegularExpressions.Regex("container="));
        await BothAsync(light, dark, new Uri(light.Url).Fragment, ".evidence pre", "incident");

        using (var order = new StringContent("""{"heavy": 90, "balance": 50, "loss": 80, "frequency": 3, "duration": 10}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")))
        using (await Node.Http.PutAsync(new Uri("test", UriKind.Relative), order, Token)) { }
        await BothAsync(light, dark, "#/antagonist", ".faults li >> nth=3", "antagonist");
        using (await Node.Http.DeleteAsync(new Uri("test", UriKind.Relative), Token)) { }
    }

    /// <summary>The node runs since a minute, and its bars would be grey: the history says that an earlier one watched for an hour.</summary>
    private async Task PretendWatchedAsync(Dictionary<string, string> ids)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var history = new SqliteConnection($"Data Source={Node.DataDirectory}/hms.db");
        await history.OpenAsync(Token);
        foreach (var (name, id) in ids)
        {
            await using var earlier = history.CreateCommand();
            earlier.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
                INSERT INTO WatchedTime (Host, ContainerId, Container, Since, Until, Ended)
                VALUES ('{NodeProcess.Host}', '{id}', '{name}', {now.AddMinutes(name == "checkout" ? -25 : -70).ToUnixTimeMilliseconds()}, {now.ToUnixTimeMilliseconds()}, 1)
                """);
            await earlier.ExecuteNonQueryAsync(Token);
        }
    }

    /// <summary>What it writes before it ends, when it is told to.</summary>
    private static string Life(string name) => name switch
    {
        "worker" => "trap exit TERM; while [ ! -f /tmp/end ]; do sleep 0.1; done; rm /tmp/end; echo '12:04:31 job 4711 taken: invoice for order 90211'; echo '12:04:31 cannot open /data/invoices: no space left on device' >&2; echo '12:04:31 giving up' >&2; exit 3",
        _ => "if [ -f /tmp/broken ]; then echo 'smtp: no such host: mail.example.com' >&2; exit 7; fi; trap exit TERM; while :; do sleep 3600 & wait; done",
    };

    private static async Task BothAsync(IPage light, IPage dark, string hash, string wanted, string name)
    {
        foreach (var (page, scheme) in ((IPage, string)[])[(light, "light"), (dark, "dark")])
        {
            await OpenAsync(page, hash);
            await page.Locator(wanted).First.WaitForAsync();
            await page.Mouse.MoveAsync(0, 0);
            // What it asks for by itself is there now, too.
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Token);
            await page.ScreenshotAsync(new() { Path = SourceTree.File($"docs/page/{name}-{scheme}.png") });
        }
    }

    /// <summary>Not by loading the page anew: what it has seen so far is to be in the picture.</summary>
    private static async Task OpenAsync(IPage page, string hash) => await page.EvaluateAsync("hash => { location.hash = hash; }", hash);

    /// <summary>Recoveries take long enough to be seen, and so does a back-off.</summary>
    public sealed class Slow(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings =>
        [
            ("Hms:Health:RecoveredAfter", "00:00:30"), ("Hms:Health:BackOff", "00:00:30"), ("Hms:Health:QuarantineAfter", "2"),
        ];
    }
}
