using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Page;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>A container is killed while somebody looks at the page.</summary>
internal sealed class PixelRow : IRow
{
    private const int Size = 10;

    public int Number => 28;

    public string Title => "docker kill: until the container's row has turned in an open page, in the browser's own frame";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Lab.StartAsync(run, Size, token);
        await using var node = await lab.StartNodeAsync(token);
        await using var browser = await Browser.StartAsync();
        var page = await PageWatch.OpenAsync(browser, node.Http.BaseAddress!, Size);

        var turned = new List<double>();
        for (var i = 0; i < run.Times(30, 3); i++)
        {
            var target = await lab.NextAsync(blamed: false, token);
            await page.UntilAsync(target.Name, "healthy");
            var seen = await page.WatchAsync(target.Name, "healthy");
            var began = TimeProvider.System.GetUtcNow();
            await lab.Engine.OrderAsync($"containers/{target.Id}/kill", token);
            turned.Add((await seen() - began).TotalMilliseconds);
            target.Healed();
        }
        run.Add(new($"{Number}", $"{Size} containers: from the call of the engine to the frame after the one in which the row turned", "ms", turned)
        {
            Target = Target.Within(1000, 1000),
        });
    }
}
