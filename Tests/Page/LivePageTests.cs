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
        await Expect(page.Locator(".timeline .attempts li")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Link, new() { Name = "This incident by itself" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("web was stopped");
        await Expect(page.Locator("main")).ToContainTextAsync("exit code 137");
        Assert.True(await page.EvaluateAsync<bool>("window.isStillTheSame"));
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task Nothing_in_any_view_is_a_hindrance()
    {
        await RunHealthyAsync("web");
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync("web");
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            var page = await VisitAsync(scheme);
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
