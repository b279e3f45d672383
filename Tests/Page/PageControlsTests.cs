using System.Text.RegularExpressions;
using HmsOrleans.Tests.Antagonist;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HmsOrleans.Tests.Page;

/// <summary>What can be pressed, chosen and typed in the live page, by keyboard where it says so.</summary>
[Collection<EngineCollection>]
public sealed class PageControlsTests(PageControlsTests.Keyed fixture) : PageStory(fixture), IClassFixture<PageControlsTests.Keyed>
{
    [Fact]
    public async Task The_fleet_is_filtered_by_state_and_host_and_sorted_by_its_heads()
    {
        await RunHealthyAsync("alpha");
        await RunHealthyAsync("zulu");
        await GoodAsync(HttpMethod.Delete, $"containers/{NodeProcess.Host}/alpha");
        var page = await SignInAsync();
        var names = page.Locator(".row.container a.open");
        await Expect(names).ToHaveTextAsync([NodeFixture.Bell, "zulu", "alpha"]);

        var ignored = page.Locator(".chip", new() { HasText = "ignored" });
        await ignored.ClickAsync();
        await Expect(names).ToHaveTextAsync(["alpha"]);
        await Expect(ignored).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(page).ToHaveURLAsync(new Regex(@"\?state=ignored$"));
        await ignored.ClickAsync();
        await Expect(names).ToHaveCountAsync(3);

        await page.GetByLabel("Host", new() { Exact = true }).SelectOptionAsync(NodeProcess.Host);
        await Expect(page).ToHaveURLAsync(new Regex($@"\?host={NodeProcess.Host}$"));
        await Expect(page.GetByLabel("Availability of the host")).ToContainTextAsync("Last hour");
        await Expect(names).ToHaveCountAsync(3);

        await SortAsync("Container", "ascending");
        await Expect(names).ToHaveTextAsync(["alpha", NodeFixture.Bell, "zulu"]);
        await SortAsync("Restarts", "descending");
        await SortAsync("State", "ascending");
        await Expect(names).ToHaveTextAsync([NodeFixture.Bell, "zulu", "alpha"]);
        Assert.Empty(Browser.Faults);

        async Task SortAsync(string column, string order)
        {
            var head = page.GetByRole(AriaRole.Columnheader, new() { Name = column });
            await head.GetByRole(AriaRole.Button).ClickAsync();
            await Expect(head).ToHaveAttributeAsync("aria-sort", order);
        }
    }

    [Fact]
    public async Task Colours_threshold_and_supervision_are_changed_by_keyboard()
    {
        await RunHealthyAsync("web");
        var page = await SignInAsync();
        await page.Keyboard.PressAsync("t");
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "light");
        await TabToAsync(page, page.Locator("#theme"));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");

        await page.GotoAsync($"/#/containers/{NodeProcess.Host}/web");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await PressAsync(page, "Threshold");
        await Expect(dialog.GetByLabel("Percent", new() { Exact = true })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.TypeAsync("35");
        await page.Keyboard.PressAsync("Enter");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(page.Locator(".facts dt:text-is('Threshold') + dd")).ToHaveTextAsync("35 %");

        await GoodAsync(HttpMethod.Delete, $"containers/{NodeProcess.Host}/web");
        await PressAsync(page, "Supervise");
        await PressAsync(page, "Supervise", dialog);
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(page.Locator(".title .pill")).ToHaveTextAsync("healthy");
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task Incidents_are_filtered_and_older_ones_shown_by_keyboard()
    {
        foreach (var name in (string[])["one", "two"])
        {
            await RunHealthyAsync(name);
            await Host.Docker(Token, "kill", name);
            await UntilHealedAsync(name);
        }
        var page = await SignInAsync();
        // A page of the list is one incident long.
        await page.RouteAsync(new Regex("limit=50(&|$)"), route => route.ContinueAsync(new() { Url = route.Request.Url.Replace("limit=50", "limit=1", StringComparison.Ordinal) }));
        await page.GotoAsync("/#/incidents");
        var who = page.Locator("li.incident .who a");
        await Expect(who).ToHaveTextAsync(["two"]);
        await PressAsync(page, "Show older ones");
        await Expect(who).ToHaveTextAsync(["two", "one"]);
        await Expect(who.Last).ToBeFocusedAsync();

        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("one");
        await page.Keyboard.PressAsync("Enter");
        await Expect(who).ToHaveTextAsync(["one"]);
        await Expect(page).ToHaveURLAsync(new Regex(@"\?container=one$"));
        await TabToAsync(page, page.GetByLabel("Cause", new() { Exact = true }));
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(page.Locator("main")).ToContainTextAsync("No incident fits.");
        await Expect(page).ToHaveURLAsync(new Regex("&cause=startRefused$"));
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task The_antagonist_is_started_configured_and_stopped_and_faults_of_a_lost_agent_are_not_called_undone()
    {
        await RunHealthyAsync("web");
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");
        var page = await SignInAsync(Chaos);
        await page.GotoAsync("/#/antagonist");
        var state = page.Locator(".agents li .pill");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(state).ToHaveTextAsync("off");

        await FillAsync(("Chance of an attack (%)", "100"), ("Share that ends the container (%)", "100"), ("Mean wait (s)", "1"), ("Seed", "1"));
        await PressAsync(page, "Start attacks");
        await PressAsync(page, "Start attacks", dialog);
        await Expect(state).ToHaveTextAsync("attacking");
        await Expect(page.Locator(".faults li .took").Filter(new() { HasTextRegex = new("^Healed in [0-9]") }).First).ToBeVisibleAsync();

        // From what is healed to what stays.
        await page.GetByLabel("stopped", new() { Exact = true }).UncheckAsync();
        await page.GetByLabel("packets dropped", new() { Exact = true }).UncheckAsync();
        await page.GetByLabel("paused", new() { Exact = true }).CheckAsync();
        await FillAsync(("Share that ends the container (%)", "0"), ("Mean length (s)", "3600"));
        await PressAsync(page, "Only configure");
        await PressAsync(page, "Configure", dialog);
        await Expect(page.Locator(".agents li")).ToContainTextAsync("for 60 min; seed 1; pause");
        var paused = page.Locator(".faults li:not([data-over])").Filter(new() { HasText = "paused" });
        await Expect(paused.First).ToBeVisibleAsync();

        await agent.KillAsync(Token);
        await Expect(state).ToHaveTextAsync("no agent");
        await Expect(paused.First.Locator(".when")).ToContainTextAsync("not known since");

        agent.StartAgain();
        await Expect(state).ToHaveTextAsync("attacking");
        await PressAsync(page, "Stop and undo");
        await PressAsync(page, "Stop and undo", dialog);
        await Expect(state).ToHaveTextAsync("off");
        await Expect(page.Locator(".faults li:not([data-over])")).ToHaveCountAsync(0);
        await UntilAsync("web", "healthy");
        Assert.Empty(Browser.Faults);

        async Task FillAsync(params (string Label, string Value)[] fields)
        {
            foreach (var (label, value) in fields)
            {
                await page.GetByLabel(label, new() { Exact = true }).FillAsync(value);
            }
        }
    }

    public sealed class Keyed(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings => [.. Brisk, .. Keys];
    }
}
