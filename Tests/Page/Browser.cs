using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace HmsOrleans.Tests.Page;

/// <summary>The system's chromium, without a window. Free of xunit, so that the benchmarks use it too.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Program = "chromium";
    private const float Patience = 60_000;

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly ConcurrentQueue<string> _faults = new();

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>What went wrong in the pages: exceptions that nobody caught, and what the content policy forbade.</summary>
    public IEnumerable<string> Faults => _faults;

    public static async Task<Browser> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        try
        {
            // Root may not use its sandbox.
            return new(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Find(), Args = ["--no-sandbox", "--enable-precise-memory-info"] }));
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    /// <summary>A page of a visitor who has never been here; a narrow one is touched.</summary>
    public async Task<IPage> VisitAsync(Uri address, ColorScheme scheme = ColorScheme.Light, int width = 1360, int height = 860)
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = address.ToString(),
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new() { Width = width, Height = height },
            HasTouch = width < 500,
        });
        context.SetDefaultTimeout(Patience);
        var page = await context.NewPageAsync();
        page.PageError += (_, error) => _faults.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal))
            {
                _faults.Enqueue(message.Text);
            }
        };
        await LoadAsync(() => page.GotoAsync("/"));
        return page;
    }

    /// <summary>
    /// Each container that comes or goes changes the machine's network, and then chromium gives up what it is loading: a page that fails so is
    /// loaded again, as a person would.
    /// </summary>
    internal static async Task LoadAsync(Func<Task> load)
    {
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                await load();
                return;
            }
            catch (PlaywrightException e) when (attempts < 5 && e.Message.Contains("ERR_NETWORK_CHANGED", StringComparison.Ordinal))
            {
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private static string Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(directory => Path.Combine(directory, Program)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"There is no {Program} here: install Debian's package {Program} (apt-get install {Program}).");
}
