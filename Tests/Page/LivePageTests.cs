using System.Globalization;
using System.Text.RegularExpressions;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using Microsoft.Data.Sqlite;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HmsOrleans.Tests.Page;

/// <summary>The live page in a real browser, over a real node with keys, on which containers really break.</summary>
[Collection<EngineCollection>]
public sealed class LivePageTests(LivePageTests.Keyed fixture) : PageStory(fixture), IClassFixture<LivePageTests.Keyed>
{
    [Fact]
    public async Task A_container_breaks_its_row_turns_the_incident_appears_and_it_heals_without_a_reload()
    {
        await RunMortalAsync("web");
        await UntilAsync("web", "healthy");
        var page = await SignInAsync();
        var row = Row(page, "web");
        await Expect(row.Locator(".state")).ToHaveTextAsync("healthy");
        await page.EvaluateAsync("window.isStillTheSame = true");

        await Host.Docker(Token, "kill", "web");
        await Expect(row.Locator(".restarts")).ToHaveTextAsync("1");
        await Expect(row.Locator(".bar")).ToHaveAttributeAsync("aria-label", new Regex("1 incident.*was stopped"));
        await Expect(row.Locator(".state")).ToHaveTextAsync("healthy");

        // Again before it has recovered, and by itself: that waits for a while.
        await EndAsync("web", 3);
        await Expect(page.Locator("main:has(h1:text-is('1 of 2 in trouble')) .row.container[data-tone=bad] .state")).ToHaveTextAsync("backing off");
        await Expect(row.Locator(".state")).ToHaveTextAsync("healthy");
        await Expect(row.Locator(".restarts")).ToHaveTextAsync("2");

        await row.GetByRole(AriaRole.Link).ClickAsync();
        await page.Locator(".timeline summary").First.ClickAsync();
        await Expect(page.Locator(".timeline .course")).ToContainTextAsync("Again: died by itself");
        await Expect(page.Locator(".timeline .course")).ToContainTextAsync("Start 2 because it died by itself (exit code 3)");
        await page.GetByRole(AriaRole.Link, new() { Name = "This incident by itself" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("web was stopped");
        await Expect(page.Locator("main")).ToContainTextAsync("exit code 137");
        Assert.True(await page.EvaluateAsync<bool>("window.isStillTheSame"));

        // Also as the history alone tells it: in the colour of what went wrong last, and not of what the incident began with.
        await page.GotoAsync("/#/");
        await ReloadAsync(page);
        await Expect(row.Locator(".bar path[data-kind=died]")).ToHaveCountAsync(1);
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task The_bar_tells_of_each_minute_and_leads_to_the_evidence_by_keyboard_pointer_and_finger()
    {
        await RunHealthyAsync("web");
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync("web");
        var page = await SignInAsync();
        var bar = Row(page, "web").Locator(".bar");
        var happened = new Regex(@"UTC: was stopped \(exit code 137\), healed in");
        await Expect(bar.Locator("path[data-kind=stopped]")).ToHaveCountAsync(1);

        await TabToAsync(page, bar);
        await Expect(bar).ToHaveAttributeAsync("aria-valuetext", happened);
        await Expect(page.Locator(".tip")).ToHaveTextAsync(happened);
        await page.Keyboard.PressAsync("Home");
        await Expect(bar).ToHaveAttributeAsync("aria-valuetext", new Regex("UTC: not watched$"));
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(bar).ToHaveAttributeAsync("aria-valuenow", "1");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Shift+Tab");
        await page.Keyboard.PressAsync("Enter");
        await MustShowTheEvidenceAsync(page);

        await page.GotoAsync("/#/");
        var (x, y) = await PlaceAsync(bar);
        await page.Mouse.MoveAsync(x, y);
        await Expect(page.Locator(".tip")).ToHaveTextAsync(happened);
        await page.Mouse.ClickAsync(x, y);
        await MustShowTheEvidenceAsync(page);

        var phone = await SignInAsync(width: 390);
        var narrow = Row(phone, "web").Locator(".bar");
        (x, y) = await PlaceAsync(narrow);
        await phone.Touchscreen.TapAsync(x, y);
        await Expect(phone.Locator(".tip")).ToHaveTextAsync(happened);
        await Expect(phone).Not.ToHaveURLAsync(new Regex("incidents"));
        await phone.Touchscreen.TapAsync(x, y);
        await MustShowTheEvidenceAsync(phone);
        Assert.Empty(Browser.Faults);

        static Task MustShowTheEvidenceAsync(IPage page) => Expect(page.Locator("h1")).ToHaveTextAsync("web was stopped");

        static async Task<(float X, float Y)> PlaceAsync(ILocator bar)
        {
            var stopped = bar.Locator("path[data-kind=stopped]");
            var cell = int.Parse(Regex.Match((await stopped.GetAttributeAsync("d"))!, "^M([0-9]+) ").Groups[1].Value, CultureInfo.InvariantCulture) / 10;
            await bar.ScrollIntoViewIfNeededAsync();
            var box = (await bar.BoundingBoxAsync())!;
            return (box.X + (cell + 0.5f) * box.Width / 60, box.Y + box.Height / 2);
        }
    }

    [Fact]
    public async Task Evidence_that_somebody_reads_stays_in_its_place_while_the_incident_goes_on()
    {
        await RunAsync("web", [], "sh", "-c", $"i=0; while [ $i -lt 99 ]; do echo line $i; i=$((i+1)); done; {Mortal}");
        await UntilAsync("web", "healthy");
        await EndAsync("web", 3);
        var address = Assert.Single(Addresses(await UntilHealedAsync("web")));
        var page = await SignInAsync();
        var reads = 0;
        page.Request += (_, request) => reads += Regex.IsMatch(request.Url, "/incidents/[0-9a-f]{32}$") ? 1 : 0;
        await page.GotoAsync($"/#/containers/{NodeProcess.Host}/web");
        await Expect(page.Locator(".probes tbody th")).ToHaveTextAsync(address);
        await page.Locator(".timeline summary").First.ClickAsync();
        await page.Locator(".timeline .log").EvaluateAsync("log => { log.focus(); log.scrollTop = 40; window.log = log; }");

        await EndAsync("web", 3);
        await Expect(page.Locator(".timeline .course")).ToContainTextAsync("Again: died by itself");
        Assert.True(await page.EvaluateAsync<bool>("log.isConnected && log === document.activeElement && log.scrollTop === 40"));
        Assert.Equal(1, reads);
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task A_page_that_nobody_sees_leaves_its_stream_and_goes_on_where_it_was()
    {
        await RunHealthyAsync("web");
        var page = await VisitAsync();
        await page.Clock.InstallAsync();
        await EnterKeyAsync(page);
        await Expect(Row(page, "web").Locator(".state")).ToHaveTextAsync("healthy");

        await ShowAsync(isHidden: true);
        await page.Clock.FastForwardAsync(31_000);
        await Expect(page.Locator("#connection")).ToHaveTextAsync("Paused");
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync("web");

        var request = await page.RunAndWaitForRequestAsync(() => ShowAsync(isHidden: false), request => request.Url.EndsWith("/events", StringComparison.Ordinal));
        Assert.NotNull(await request.HeaderValueAsync("last-event-id"));
        await Expect(page.Locator("#connection")).ToHaveTextAsync("Live");
        await Expect(Row(page, "web").Locator(".restarts")).ToHaveTextAsync("1");
        Assert.Empty(Browser.Faults);

        Task ShowAsync(bool isHidden) => page.EvaluateAsync("""
            isHidden => {
              Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden });
              document.dispatchEvent(new Event('visibilitychange'));
            }
            """, isHidden);
    }

    [Fact]
    public async Task A_history_that_is_away_is_asked_again_but_not_all_the_time()
    {
        await RunHealthyAsync("web");
        var page = await VisitAsync();
        await page.Clock.InstallAsync();
        var isAway = true;
        var lists = 0;
        await page.RouteAsync(new Regex(@"/incidents\?|/watched$"), route =>
        {
            lists += route.Request.Url.EndsWith("limit=50", StringComparison.Ordinal) ? 1 : 0;
            return isAway
                ? route.FulfillAsync(new() { Status = 503, ContentType = "application/problem+json", Body = """{"detail": "The history is away."}""" })
                : route.ContinueAsync();
        });
        await EnterKeyAsync(page);
        var note = page.Locator("main > .note");
        await Expect(note).ToHaveTextAsync("The bars know only what this page has seen. The history is away.");
        await Host.Docker(Token, "kill", "web");
        await Expect(Row(page, "web").Locator(".bar")).ToHaveAttributeAsync("aria-label", new Regex("incidents?, the last"));

        await page.GotoAsync("/#/incidents");
        await Expect(page.Locator("main .note")).ToHaveTextAsync("The history is away.");
        await page.Clock.RunForAsync(20_000);
        Assert.InRange(lists, 1, 8);

        isAway = false;
        await page.Clock.FastForwardAsync(40_000);
        await Expect(page.Locator("li.incident").First).ToBeVisibleAsync();
        await page.GotoAsync("/#/");
        await Expect(note).ToBeHiddenAsync();
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task An_address_that_is_none_leads_to_the_fleet()
    {
        await RunHealthyAsync("web");
        var page = await SignInAsync();
        await page.GotoAsync("/#/containers/%");
        await Expect(Row(page, "web")).ToBeVisibleAsync();
        await ReloadAsync(page);
        await Expect(Row(page, "web")).ToBeVisibleAsync();
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task Nothing_in_any_view_is_a_hindrance()
    {
        await RunHealthyAsync("web");
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync("web");
        foreach (var (scheme, width) in ((ColorScheme, int)[])[(ColorScheme.Dark, 1360), (ColorScheme.Light, 390)])
        {
            var page = await VisitAsync(scheme, width);
            await MustBeForAllAsync(page, "sign-in");
            await EnterKeyAsync(page);
            await Expect(Row(page, "web")).ToBeVisibleAsync();
            await MustBeForAllAsync(page, "fleet");
            await page.Keyboard.PressAsync("?");
            await MustBeForAllAsync(page, "help");
            await page.Keyboard.PressAsync("Escape");

            await page.GotoAsync($"/#/containers/{NodeProcess.Host}/web");
            await Expect(page.Locator(".timeline summary").First).ToBeVisibleAsync();
            await MustBeForAllAsync(page, "container");
            await page.GetByRole(AriaRole.Button, new() { Name = "Threshold" }).ClickAsync();
            await MustBeForAllAsync(page, "dialog");
            await page.Keyboard.PressAsync("Escape");

            await page.GotoAsync("/#/incidents");
            await Expect(page.Locator("li.incident").First).ToBeVisibleAsync();
            await MustBeForAllAsync(page, "incidents");
            await page.Locator("li.incident .more").First.ClickAsync();
            await Expect(page.Locator(".evidence")).ToBeVisibleAsync();
            await MustBeForAllAsync(page, "incident");

            await page.GotoAsync("/#/antagonist");
            await Expect(page.Locator(".agents li")).ToHaveCountAsync(1);
            await MustBeForAllAsync(page, "antagonist");
        }
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task Minutes_in_which_nobody_watched_a_container_are_not_green()
    {
        var page = await SignInAsync();
        await Expect(Row(page, NodeFixture.Bell)).ToBeVisibleAsync();
        var id = (await RunHealthyAsync("web")).Trim();
        var bar = Row(page, "web").Locator(".bar");
        await MustBeNewAsync(bar);

        // Also where the page was opened later; what an earlier life of the node watched was watched.
        await ReloadAsync(page);
        await MustBeNewAsync(bar);
        var now = TimeProvider.System.GetUtcNow();
        await using (var history = new SqliteConnection($"Data Source={Node.DataDirectory}/hms.db"))
        {
            await history.OpenAsync(Token);
            await using var earlier = history.CreateCommand();
            earlier.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
                INSERT INTO WatchedTime (Host, ContainerId, Container, Since, Until, Ended)
                VALUES ('{NodeProcess.Host}', '{id}', 'web', {now.AddMinutes(-40).ToUnixTimeMilliseconds()}, {now.AddMinutes(-20).ToUnixTimeMilliseconds()}, 1)
                """);
            await earlier.ExecuteNonQueryAsync(Token);
        }
        await ReloadAsync(page);
        await Expect(Cells(bar, "well")).ToHaveAttributeAsync("d", new Regex("M300 2"));
        await Expect(Cells(bar, "unseen")).ToHaveAttributeAsync("d", new Regex("^M0 2(?!.*M300 2)"));
        Assert.Empty(Browser.Faults);

        static ILocator Cells(ILocator bar, string kind) => bar.Locator($"path[data-kind={kind}]");

        static async Task MustBeNewAsync(ILocator bar)
        {
            await Expect(bar).ToHaveAttributeAsync("aria-label", new Regex("; not watched in [1-9][0-9]? of 60 minutes"));
            await Expect(Cells(bar, "unseen")).ToHaveAttributeAsync("d", new Regex("^M0 2.*M300 2"));
            await Expect(Cells(bar, "well")).ToHaveAttributeAsync("d", new Regex("M590 2h8v20h-8z$"));
        }
    }

    [Fact]
    public async Task All_is_done_with_the_keyboard_alone()
    {
        await RunHealthyAsync("web");
        var page = await SignInAsync();
        await Expect(Row(page, "web")).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("web");
        await Expect(page.Locator(".row.container")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("Enter");
        await Expect(Row(page, "web").GetByRole(AriaRole.Link)).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        var ignore = page.GetByRole(AriaRole.Button, new() { Name = "Ignore" });
        await Expect(ignore).ToBeVisibleAsync();
        await TabToAsync(page, ignore);
        await page.Keyboard.PressAsync("Enter");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("Ignore web?");
        await TabToAsync(page, dialog.GetByRole(AriaRole.Button, new() { Name = "Ignore" }));
        await page.Keyboard.PressAsync("Enter");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(page.Locator(".title .pill")).ToHaveTextAsync("ignored");
        await UntilAsync("web", "ignored");

        await page.Keyboard.PressAsync("Escape");
        await Expect(page).ToHaveURLAsync(new Regex(@"#/\?q=web$"));
        await Expect(Row(page, "web").Locator(".state")).ToHaveTextAsync("ignored");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".row.container")).ToHaveCountAsync(2);
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task A_container_is_restarted_from_its_page_by_keyboard()
    {
        await RunHealthyAsync("web");
        var page = await SignInAsync();
        await page.GotoAsync($"/#/containers/{NodeProcess.Host}/web");
        var restarts = page.Locator(".facts dt:text-is('Restarts') + dd");
        await Expect(restarts).ToHaveTextAsync("0 since the node came up");

        await PressAsync(page, "Restart now");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await PressAsync(page, "Restart now", dialog);
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(restarts).ToHaveTextAsync("1 since the node came up");
        await Expect(page.Locator(".title .pill")).ToHaveTextAsync("healthy");
        await AssertHappenedAsync("web", "start", "kill", "die", "stop", "start", "restart");
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task Where_no_channel_is_configured_nothing_is_offered_to_keep_quiet()
    {
        await RunHealthyAsync("web");
        var page = await SignInAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await PressAsync(page, $"Maintenance of {NodeProcess.Host}");
        await MustSayThatNobodyIsTold();
        await page.GotoAsync($"/#/containers/{NodeProcess.Host}/web");
        await PressAsync(page, "Mute notifications");
        await MustSayThatNobodyIsTold();
        await PressAsync(page, "Send a test notification");
        await PressAsync(page, "Send", dialog);
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("No channel is configured");
        Assert.Empty(Browser.Faults);

        async Task MustSayThatNobodyIsTold()
        {
            await Expect(dialog).ToContainTextAsync("No channel is configured");
            await MustBeForAllAsync(page, "without a channel");
            await PressAsync(page, "Close", dialog);
            await Expect(dialog).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task A_page_that_has_lost_its_node_says_so_and_comes_back()
    {
        await RunHealthyAsync("web");
        var page = await SignInAsync();
        await Expect(page.Locator("#connection")).ToHaveTextAsync("Live");

        await Node.KillAsync(Token);
        await Expect(page.Locator("#connection")).ToHaveTextAsync("Reconnecting");
        await Expect(page.Locator("#banner")).ToContainTextAsync("What is shown is of");
        await Expect(page.Locator(".row.container[data-stale]")).ToHaveCountAsync(2);
        await Host.Docker(Token, "rm", "-f", "web");
        Node.StartAgain();
        await Node.UntilReadyAsync(Token);

        // Sessions end with the node.
        await EnterKeyAsync(page);
        await Expect(page.Locator("#connection")).ToHaveTextAsync("Live");
        await Expect(page.Locator("#banner")).ToBeHiddenAsync();
        await Expect(page.Locator(".row.container")).ToHaveCountAsync(1);
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task A_wrong_key_does_not_open_the_page_and_signing_out_closes_it()
    {
        var page = await VisitAsync();
        await EnterKeyAsync(page, "not-a-key-of-this-node-0123");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("That key is not known.");
        await EnterKeyAsync(page);
        await Expect(page.Locator("#connection")).ToHaveTextAsync("Live");

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(KeyOf(page)).ToBeVisibleAsync();
        await Browser.LoadAsync(() => page.GotoAsync("/"));
        await Expect(KeyOf(page)).ToBeVisibleAsync();
    }

    public sealed class Keyed(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings =>
        [
            ("Hms:Health:StartGrace", "00:00:00.3"), ("Hms:Health:RecoveredAfter", "00:00:30"), ("Hms:Health:BackOff", "00:00:06"),
            .. Keys,
        ];
    }
}
