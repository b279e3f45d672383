using System.Collections.Immutable;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>
/// How old the controller's view of the fleet is: at each sample, for how long there has been something on a host that the controller does
/// not hold, the longest of all hosts; 0 where it holds all. A version counts from the sample before the one that first showed it, so that
/// an age is up to one period too high and never too low.
/// </summary>
internal static class ViewAge
{
    /// <summary>Of anything: of changes of state and of measurements.</summary>
    public static ImmutableArray<double> Of(CellHistory history) => Of(history, host => host.Truth);

    /// <summary>Of changes of state alone.</summary>
    public static ImmutableArray<double> OfStates(CellHistory history) => Of(history, host => host.StateTruth);

    private static ImmutableArray<double> Of(CellHistory history, Func<CellHistory.HostSample, long?> truthOf)
    {
        var births = history.Info.Hosts.Select(_ => new Queue<(long Version, double Born)>()).ToArray();
        var last = new long[births.Length];
        Array.Fill(last, long.MinValue);
        var asked = new double[births.Length];
        var ages = ImmutableArray.CreateBuilder<double>();
        foreach (var sample in history.Samples)
        {
            double? age = null;
            for (var i = 0; i < births.Length; i++)
            {
                if (truthOf(sample.Hosts[i]) is { } truth)
                {
                    if (truth > last[i])
                    {
                        births[i].Enqueue((truth, last[i] == long.MinValue ? sample.At : asked[i]));
                        last[i] = truth;
                    }
                    asked[i] = sample.At;
                }
                if (sample.Hosts[i].Held is not { } held)
                {
                    continue; // not known: the sample is one of the missed
                }
                while (births[i].TryPeek(out var oldest) && oldest.Version <= held)
                {
                    births[i].Dequeue();
                }
                age = Math.Max(age ?? 0, births[i].TryPeek(out var missing) ? sample.At - missing.Born : 0);
            }
            if (age is { } known)
            {
                ages.Add(known);
            }
        }
        return ages.ToImmutable();
    }
}
