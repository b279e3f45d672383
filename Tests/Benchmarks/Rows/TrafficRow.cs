using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Antagonist.Campaigns;
using HmsOrleans.Benchmarks.Histories;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.News;
using HmsOrleans.Grains.Probing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>What it takes to keep the controller up to date, beside what the report's protocol would take: on a history that a campaign has recorded, so without an engine.</summary>
internal sealed class TrafficRow : IRow
{
    public int Number => 30;

    public string Title => "bytes from hosts to the controller for each change, on recorded attacks; no engine needed";

    public Task RunAsync(Run run, CancellationToken token)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer<byte[]>>();
        foreach (var scenario in ReportScenario.Names)
        {
            foreach (var window in CampaignSettings.AllWindows)
            {
                token.ThrowIfCancellationRequested();
                var history = RecordedHistory.Read(scenario, window);
                var report = ReportProtocol.Replay(history);
                var (bytes, updates) = (0L, 0);
                foreach (var host in history.Views.GroupBy(view => view.Host))
                {
                    foreach (var news in Play([.. host], window))
                    {
                        bytes += serializer.SerializeToArray(news).Length;
                        updates++;
                    }
                }
                run.Add(new($"{Number}", string.Create(CultureInfo.InvariantCulture, $"{scenario}, window {window} s; floor: the report's protocol"), "bytes a change", [bytes / (double)report.Changes])
                {
                    Floor = [report.Bytes / (double)report.Changes],
                    Target = new("<= a third of it", figure => figure.MedianRatio <= 1 / 3.0),
                    Note = string.Create(CultureInfo.InvariantCulture, $"{report.Changes} changes, {updates} updates of {bytes / (double)updates:0.0} bytes"),
                });
            }
        }
        return Task.CompletedTask;
    }

    /// <summary>What a host would have told: changes of state at once, measurements with the window. What was there at the start had been told before.</summary>
    private static IEnumerable<byte[]> Play(ImmutableArray<CellHistory.View> views, double window)
    {
        var log = new ContentLog();
        var writer = new NewsWriter(log);
        var status = new HostStatus { EngineAnswers = true, EngineSince = RecordedHistory.Start, Prober = new(ProberMode.Raw), Supervised = true, Threshold = 60, Ready = true };
        var (toldAt, hasMore, isFirst) = (double.NegativeInfinity, false, true);
        foreach (var moment in views.GroupBy(view => view.At))
        {
            if (hasMore && moment.Key >= toldAt + window)
            {
                yield return Tell(toldAt + window);
            }
            var isUrgent = false;
            foreach (var view in moment)
            {
                var change = log.Put(RecordedHistory.AsTold(view, log.Find(view.ContainerId)));
                hasMore |= change != ContentChange.None;
                isUrgent |= change == ContentChange.State;
            }
            if (isFirst)
            {
                Tell(moment.Key);
                isFirst = false;
            }
            else if (hasMore && (isUrgent || moment.Key >= toldAt + window))
            {
                yield return Tell(moment.Key);
            }
        }

        byte[] Tell(double at)
        {
            (toldAt, hasMore) = (at, false);
            return writer.Next(status);
        }
    }
}
