using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using HmsOrleans.Tests.Node;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HmsOrleans.Tests.Page;

/// <summary>What the stories about the live page share: a browser, signing in, and what must hold in every view.</summary>
public abstract class PageStory : NodeStory
{
    private protected const string Operator = "operator-of-the-page-0123";
    private protected const string Chaos = "chaos-of-the-page-01234567";

    private protected PageStory(NodeFixture fixture)
        : base(fixture)
    {
        SetDefaultExpectTimeout(60_000);
        Node.Http.DefaultRequestHeaders.Remove("X-Api-Key");
        Node.Http.DefaultRequestHeaders.Add("X-Api-Key", Operator);
    }

    /// <summary>The settings of a node whose page asks for a key.</summary>
    private protected static (string Key, string Value)[] Keys =>
    [
        ("Hms:Api:Keys:0:Name", "acts"), ("Hms:Api:Keys:0:Key", Operator), ("Hms:Api:Keys:0:Role", "operator"),
        ("Hms:Api:Keys:1:Name", "breaks"), ("Hms:Api:Keys:1:Key", Chaos), ("Hms:Api:Keys:1:Role", "chaos"),
    ];

    private protected Browser Browser { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Browser = await Browser.StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected Task<IPage> VisitAsync(ColorScheme scheme = ColorScheme.Light, int width = 1360) => Browser.VisitAsync(Node.Http.BaseAddress!, scheme, width);

    private protected async Task<IPage> SignInAsync(string key = Operator, int width = 1360)
    {
        var page = await VisitAsync(width: width);
        await EnterKeyAsync(page, key);
        return page;
    }

    private protected static async Task EnterKeyAsync(IPage page, string key = Operator)
    {
        await KeyOf(page).FillAsync(key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        if (key is Operator or Chaos)
        {
            await UntilItRunsAsync(page);
        }
    }

    private protected static async Task ReloadAsync(IPage page)
    {
        await Browser.LoadAsync(() => page.ReloadAsync());
        await UntilItRunsAsync(page);
    }

    /// <summary>
    /// A change of the machine's network (<see cref="Browser.LoadAsync"/>) may also take a page's script away, and leave the page.
    /// </summary>
    private static async Task UntilItRunsAsync(IPage page)
    {
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                await page.Locator("body[data-connection]").WaitForAsync(new() { Timeout = 15_000 });
                return;
            }
            catch (TimeoutException) when (attempts < 5)
            {
                await Browser.LoadAsync(() => page.ReloadAsync());
            }
        }
    }

    private protected static ILocator KeyOf(IPage page) => page.GetByLabel("Key", new() { Exact = true });

    private protected static ILocator Row(IPage page, string name) =>
        page.Locator(".row.container").Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }) });

    private protected static async Task TabToAsync(IPage page, ILocator wanted)
    {
        for (var i = 0; i < 50 && !await wanted.EvaluateAsync<bool>("node => node === document.activeElement"); i++)
        {
            await page.Keyboard.PressAsync("Tab");
        }
        await Expect(wanted).ToBeFocusedAsync();
    }

    /// <summary>Goes to a button with the keyboard and presses it.</summary>
    private protected static async Task PressAsync(IPage page, string button, ILocator? within = null)
    {
        var wanted = (within ?? page.Locator("body")).GetByRole(AriaRole.Button, new() { Name = button, Exact = true });
        await Expect(wanted).ToBeVisibleAsync();
        await TabToAsync(page, wanted);
        await page.Keyboard.PressAsync("Enter");
    }

    private protected static async Task MustBeForAllAsync(IPage page, string view)
    {
        var result = await page.RunAxe();
        Assert.Empty(result.Violations.Select(violation => $"{view}: {Describe(violation)}"));
        var wide = await page.EvaluateAsync<string[]>("""
            () => document.documentElement.scrollWidth <= innerWidth ? []
                : [...document.querySelectorAll('body *')].filter(node => node.getBoundingClientRect().right > innerWidth).map(node => node.outerHTML.slice(0, 200))
            """);
        Assert.True(wide.Length == 0, $"{view} is wider than its window: {string.Join(Environment.NewLine, wide)}");
    }

    private static string Describe(AxeResultItem violation) => $"{violation.Id}, {violation.Help}: {string.Join("; ", violation.Nodes.Select(node => node.Html))}";
}
