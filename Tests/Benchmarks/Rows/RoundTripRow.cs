using System.Diagnostics;
using System.Globalization;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>What a command through the broker costs, and how many go through.</summary>
internal sealed class RoundTripRow : IRow
{
    private const int Size = 5;

    public int Number => 21;

    public string Title => "a command through the broker: round trip of one at a time, and how many a second with 200 in flight";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await CommandLab.StartAsync(run, Size, token);
        await using var echo = await BrokerEcho.StartAsync(lab.Broker.Uri, token);
        await using var bare = await CommandClient.ConnectAsync(lab.Broker.Uri, "", token);
        (string Name, CommandClient Client, Func<int, Order> Make)[] kinds =
        [
            ("echo", bare, number => new(BrokerEcho.Queue, lab.Reading(number).Body, IsChange: false)),
            ("a reading", lab.Client, lab.Reading),
            ("a change", lab.Client, CommandLab.Change),
        ];

        var singles = new Dictionary<string, List<double>>();
        var rates = new Dictionary<string, List<double>>();
        // The first ones pay for the compiler.
        foreach (var (_, client, make) in kinds)
        {
            await client.FlowAsync(number => number < 2_000 ? make(number) : null, CommandLab.InFlight, token);
        }
        for (var round = 0; round < run.Times(5, 2); round++)
        {
            // By turns: what disturbs one disturbs the others.
            foreach (var (name, client, make) in kinds)
            {
                run.Say($"  {name}, one at a time");
                var into = singles.TryGetValue(name, out var known) ? known : singles[name] = [];
                for (var i = 0; i < run.Times(1000, 300); i++)
                {
                    into.Add((await client.AskAsync(make(i), token)).Took.TotalMilliseconds);
                }
            }
            foreach (var (name, client, make) in kinds)
            {
                run.Say($"  {name}, {CommandLab.InFlight} in flight");
                var count = run.Times(20_000, 4_000);
                var began = Stopwatch.GetTimestamp();
                var sent = await client.FlowAsync(number => number < count ? make(number) : null, CommandLab.InFlight, token);
                var into = rates.TryGetValue(name, out var known) ? known : rates[name] = [];
                into.Add(count / Stopwatch.GetElapsedTime(began).TotalSeconds);
                if (sent.FirstOrDefault(request => !request.IsOk) is { } failed)
                {
                    throw new InvalidOperationException($"{name} was answered {await failed.Answer}");
                }
            }
        }
        foreach (var (name, _, _) in kinds[1..])
        {
            run.Add(new($"{Number}", $"{name}: round trip, one at a time", "ms", singles[name])
            {
                Floor = singles["echo"],
                Target = Target.Median(8),
                Note = string.Create(CultureInfo.InvariantCulture, $"p99 {P99(singles[name]):0.0}, of the floor {P99(singles["echo"]):0.0}; the floor is a consumer that answers at once"),
            });
            run.Add(new($"{Number}", $"{name}: with {CommandLab.InFlight} in flight", "1/s", rates[name])
            {
                Floor = rates["echo"],
                Target = Target.AtLeast(2000),
                Note = "more is better; the program that asks shares the machine",
            });
        }
    }

    private static double P99(List<double> values) => values.Order().ElementAt((int)(0.99 * values.Count));
}
