using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HmsOrleans.Tests.Page;

/// <summary>The live page in a real browser, over a real node with keys, on which containers really break.</summary>
[Collection<EngineCollection>]
public sealed class LivePageTests : NodeStory, IClassFixture<LivePageTests.Keyed>
{
    private const string Operator = "operator-of-the-page-0123";

    private Browser _browser = null!;

    public LivePageTests(Keyed fixture)
        : base(fixture)
    {
        SetDefaultExpectTimeout(60_000);
        Node.Http.DefaultRequestHeaders.Remove("X-Api-Key");
        Node.Http.DefaultRequestHeaders.Add("X-Api-Key", Operator);
    }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _browser = await Browser.StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

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
        Assert.Empty(_browser.Faults);
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
        Assert.Empty(_browser.Faults);
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
        Assert.Empty(_browser.Faults);
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
        Assert.Empty(_browser.Faults);
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
        await page.GotoAsync("/");
        await Expect(KeyOf(page)).ToBeVisibleAsync();
    }

    private Task<IPage> VisitAsync(ColorScheme scheme = ColorScheme.Light) => _browser.VisitAsync(Node.Http.BaseAddress!, scheme);

    private async Task<IPage> SignInAsync()
    {
        var page = await VisitAsync();
        await EnterKeyAsync(page);
        return page;
    }

    private static async Task EnterKeyAsync(IPage page, string key = Operator)
    {
        await KeyOf(page).FillAsync(key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    private static ILocator KeyOf(IPage page) => page.GetByLabel("Key", new() { Exact = true });

    private static ILocator Row(IPage page, string name) =>
        page.Locator(".row.container").Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }) });

    private static async Task TabToAsync(IPage page, ILocator wanted)
    {
        for (var i = 0; i < 50 && !await wanted.EvaluateAsync<bool>("node => node === document.activeElement"); i++)
        {
            await page.Keyboard.PressAsync("Tab");
        }
        await Expect(wanted).ToBeFocusedAsync();
    }

    private static async Task MustBeForAllAsync(IPage page, string view)
    {
        var result = await page.RunAxe();
        Assert.Empty(result.Violations.Select(violation => $"{view}: {Describe(violation)}"));
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{view} is wider than its window");
    }

    private static string Describe(AxeResultItem violation) => $"{violation.Id}, {violation.Help}: {string.Join("; ", violation.Nodes.Select(node => node.Html))}";

    public sealed class Keyed(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings =>
        [
            ("Hms:Health:StartGrace", "00:00:00.3"), ("Hms:Health:RecoveredAfter", "00:00:30"), ("Hms:Health:BackOff", "00:00:06"),
            ("Hms:Api:Keys:0:Name", "acts"), ("Hms:Api:Keys:0:Key", Operator), ("Hms:Api:Keys:0:Role", "operator"),
        ];
    }
}
