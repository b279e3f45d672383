using HmsOrleans.Tests.Page;
using Microsoft.Playwright;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>Watches the live page in a browser on the same machine, and so by the same clock.</summary>
internal sealed class PageWatch(IPage page, ICDPSession session)
{
    /// <summary>Tells when a row no longer shows a state: a frame later, for what a frame changes is seen when it has ended.</summary>
    private const string Watch = """
        ([name, state]) => {
          const isThere = () => [...document.querySelectorAll('.row.container')].some(row =>
            row.querySelector('a.open').textContent === name && row.querySelector('.state').textContent === state);
          window.turned = new Promise(done => {
            const observer = new MutationObserver(() => {
              if (isThere()) return;
              observer.disconnect();
              requestAnimationFrame(() => done(performance.timeOrigin + performance.now()));
            });
            observer.observe(document.querySelector('.rows'), { subtree: true, childList: true, characterData: true });
          });
        }
        """;

    /// <summary>Opens the page and waits for its rows.</summary>
    public static async Task<PageWatch> OpenAsync(Browser browser, Uri address, int rows)
    {
        var page = await browser.VisitAsync(address);
        await page.WaitForFunctionAsync("rows => document.querySelectorAll('.row.container').length >= rows", rows);
        // It counts from here on, for this session alone.
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Performance.enable");
        return new(page, session);
    }

    /// <summary>Waits until a row shows a state.</summary>
    public Task UntilAsync(string name, string state) => page.WaitForFunctionAsync(
        "([name, state]) => [...document.querySelectorAll('.row.container')].some(row => row.querySelector('a.open').textContent === name && row.querySelector('.state').textContent === state)",
        new[] { name, state });

    /// <summary>Begins to watch a row that shows a state now.</summary>
    /// <returns>When it no longer did.</returns>
    public async Task<Func<Task<DateTimeOffset>>> WatchAsync(string name, string state)
    {
        await page.EvaluateAsync(Watch, new[] { name, state });
        return async () => DateTimeOffset.UnixEpoch.AddMilliseconds(await page.EvaluateAsync<double>("window.turned"));
    }

    /// <summary>Seconds that the browser has worked for the page.</summary>
    public Task<double> WorkAsync() => MetricAsync("TaskDuration");

    /// <summary>Bytes of its scripts, after a collection.</summary>
    public async Task<double> MemoryAsync()
    {
        await session.SendAsync("HeapProfiler.collectGarbage");
        return await MetricAsync("JSHeapUsedSize");
    }

    private async Task<double> MetricAsync(string name)
    {
        var reply = await session.SendAsync("Performance.getMetrics");
        return reply!.Value.GetProperty("metrics").EnumerateArray().First(metric => metric.GetProperty("name").GetString() == name).GetProperty("value").GetDouble();
    }
}
