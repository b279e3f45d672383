using System.Text.RegularExpressions;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using HmsOrleans.Tests.Notifications;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HmsOrleans.Tests.Page;

/// <summary>What people are told, as the live page changes it: a real browser, a real node, a real receiver.</summary>
[Collection<EngineCollection>]
public sealed class QuietPageTests(QuietPageTests.Told fixture) : PageStory(fixture), IClassFixture<QuietPageTests.Told>
{
    private readonly Receiver _receiver = fixture.Receiver;

    /// <summary>Whatever another test has left: people are told.</summary>
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var quiet = await GoodAsync(HttpMethod.Get, "notifications");
        foreach (var mute in quiet.GetProperty("mutes").EnumerateArray())
        {
            await GoodAsync(HttpMethod.Delete, $"notifications/mutes/{Text(mute, "host")}/{Text(mute, "container")}");
        }
        foreach (var window in quiet.GetProperty("windows").EnumerateArray())
        {
            await GoodAsync(HttpMethod.Delete, $"notifications/maintenance/{Text(window, "id")}");
        }
    }

    [Fact]
    public async Task A_container_is_muted_and_unmuted_from_its_page_by_keyboard()
    {
        await RunHealthyAsync("web");
        var page = await SignInAsync();
        await page.GotoAsync($"/#/containers/{NodeProcess.Host}/web");
        var quiet = page.Locator(".title ~ .quiet");
        await PressAsync(page, "Mute notifications");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByLabel("For how long")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(quiet).ToBeHiddenAsync();
        Assert.Empty((await GoodAsync(HttpMethod.Get, "notifications")).GetProperty("mutes").EnumerateArray());

        await PressAsync(page, "Mute notifications");
        await dialog.GetByLabel("For how long").SelectOptionAsync("Until somebody ends it");
        await PressAsync(page, "Mute", dialog);
        await Expect(quiet).ToHaveTextAsync("Nobody is told of it: muted until somebody ends it.");
        var mute = Assert.Single((await GoodAsync(HttpMethod.Get, "notifications")).GetProperty("mutes").EnumerateArray());
        Assert.Equal((NodeProcess.Host, "web"), (Text(mute, "host"), Text(mute, "container")));
        await ReloadAsync(page);
        await Expect(quiet).ToBeVisibleAsync();

        await PressAsync(page, "Unmute");
        await PressAsync(page, "Unmute", dialog);
        await Expect(quiet).ToBeHiddenAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Mute notifications" })).ToBeFocusedAsync();
        Assert.Empty((await GoodAsync(HttpMethod.Get, "notifications")).GetProperty("mutes").EnumerateArray());
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task Maintenance_of_a_host_begins_and_ends_in_the_fleet_by_keyboard()
    {
        var page = await SignInAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await PressAsync(page, $"Maintenance of {NodeProcess.Host}");
        await PressAsync(page, "Begin maintenance", dialog);
        await Expect(page.Locator(".row.host .quiet")).ToHaveTextAsync(new Regex("^maintenance until .* UTC$"));
        var window = Assert.Single((await GoodAsync(HttpMethod.Get, "notifications")).GetProperty("windows").EnumerateArray());
        Assert.Equal(NodeProcess.Host, Text(window, "host"));
        // From when the node heard of it, until two hours after the button was pressed.
        Assert.Equal(120, (window.GetProperty("until").GetDateTimeOffset() - window.GetProperty("from").GetDateTimeOffset()).TotalMinutes, 1.0);
        await page.GotoAsync($"/#/containers/{NodeProcess.Host}/{NodeFixture.Bell}");
        await Expect(page.Locator(".title ~ .quiet")).ToContainTextAsync("Nobody is told of it: maintenance until");
        await page.GotoAsync("/#/");

        await PressAsync(page, $"End maintenance of {NodeProcess.Host}");
        await PressAsync(page, "End maintenance", dialog);
        await Expect(page.Locator(".row.host .quiet")).ToHaveTextAsync("");
        Assert.Empty((await GoodAsync(HttpMethod.Get, "notifications")).GetProperty("windows").EnumerateArray());

        // Of all hosts.
        await PressAsync(page, $"Maintenance of {NodeProcess.Host}");
        await dialog.GetByLabel("Of all hosts").CheckAsync();
        await PressAsync(page, "Begin maintenance", dialog);
        await Expect(page.Locator(".row.host .quiet")).ToHaveTextAsync(new Regex("^maintenance of all hosts until"));
        await PressAsync(page, $"End maintenance of {NodeProcess.Host}");
        await PressAsync(page, "End maintenance", dialog);
        await Expect(page.Locator(".row.host .quiet")).ToHaveTextAsync("");
        Assert.Empty(Browser.Faults);
    }

    [Fact]
    public async Task A_test_message_is_sent_from_the_page_and_its_failure_is_said()
    {
        var page = await SignInAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        _receiver.Answer = Receiver.Status(500);
        await PressAsync(page, "Send a test notification");
        await PressAsync(page, "Send", dialog);
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("hook: ");
        _receiver.Answer = Receiver.Status(200);
        await PressAsync(page, "Send", dialog);
        await Expect(page.Locator("#toast")).ToHaveTextAsync("The test notification has been delivered on every channel.");
        await Expect(dialog).ToHaveCountAsync(0);
        Assert.Equal(["hms.test", "hms.test"], _receiver.Received.Select(message => (string?)message.Json["type"]));
        Assert.Empty(Browser.Faults);
    }

    [Theory]
    [InlineData(ColorScheme.Dark, 1360)]
    [InlineData(ColorScheme.Light, 390)]
    public async Task Nothing_of_it_is_a_hindrance(ColorScheme scheme, int width)
    {
        await RunHealthyAsync("web");
        await GoodAsync(HttpMethod.Put, $"notifications/mutes/{NodeProcess.Host}/web");
        var window = await GoodAsync(HttpMethod.Post, "notifications/maintenance", $$"""{"until": "{{TimeProvider.System.GetUtcNow().AddHours(1):O}}"}""");
        var page = await Browser.VisitAsync(Node.Http.BaseAddress!, scheme, width);
        await EnterKeyAsync(page);
        await Expect(page.Locator(".row.host .quiet")).ToContainTextAsync("maintenance of all hosts");
        await MustBeForAllAsync(page, "fleet in maintenance");
        await page.GetByRole(AriaRole.Button, new() { Name = $"End maintenance of {NodeProcess.Host}" }).ClickAsync();
        await MustBeForAllAsync(page, "end of the maintenance");
        await page.Keyboard.PressAsync("Escape");
        await page.GotoAsync($"/#/containers/{NodeProcess.Host}/web");
        await Expect(page.Locator(".title ~ .quiet")).ToContainTextAsync("muted");
        await MustBeForAllAsync(page, "muted container");

        await GoodAsync(HttpMethod.Delete, $"notifications/mutes/{NodeProcess.Host}/web");
        await GoodAsync(HttpMethod.Delete, $"notifications/maintenance/{Text(window, "id")}");
        await ReloadAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute notifications" }).ClickAsync();
        await MustBeForAllAsync(page, "mute");
        await page.Keyboard.PressAsync("Escape");
        await page.GotoAsync("/#/");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Maintenance of {NodeProcess.Host}", Exact = true }).ClickAsync();
        await MustBeForAllAsync(page, "maintenance");
        Assert.Empty(Browser.Faults);
    }

    /// <summary>A node that tells what happens to a receiver.</summary>
    public sealed class Told(EngineFixture engine) : NodeFixture(engine)
    {
        internal Receiver Receiver { get; private set; } = null!;

        private protected override (string Key, string Value)[] Settings =>
        [
            .. Brisk, .. Keys,
            ("Hms:Notifications:Channels:0:Name", "hook"), ("Hms:Notifications:Channels:0:Type", "webhook"), ("Hms:Notifications:Channels:0:Url", $"{Receiver.Url}/hook"),
        ];

        public override async ValueTask InitializeAsync()
        {
            Receiver = await Receiver.StartAsync();
            await base.InitializeAsync();
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await Receiver.DisposeAsync();
            GC.SuppressFinalize(this);
        }
    }
}
