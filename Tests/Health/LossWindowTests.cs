using HmsOrleans.Grains.Health;
using Xunit;

namespace HmsOrleans.Tests.Health;

/// <summary>The rule of packet loss against an oracle that tries every way in which the window can fill up.</summary>
public sealed class LossWindowTests
{
    /// <summary>Thresholds in tenths of a percent, so that the oracle reckons in whole numbers.</summary>
    private static readonly int[] _tenths = [0, 1, 25, 50, 99, 100, 125, 143, 250, 333, 334, 499, 500, 501, 550, 600, 601, 650, 666, 667, 700, 750, 900, 949, 950, 999, 1000];

    [Fact]
    public void Every_window_is_judged_as_if_every_ending_had_been_tried()
    {
        for (var count = 1; count <= 40; count++)
        {
            foreach (var tenths in _tenths)
            {
                for (var sent = 0; sent <= count; sent++)
                {
                    for (var lost = 0; lost <= sent; lost++)
                    {
                        var verdict = LossWindow.Judge(sent, lost, count, tenths / 10.0);
                        Assert.True(verdict == Oracle(sent, lost, count, tenths), $"{lost} of {sent} lost, window of {count}, threshold {tenths / 10.0} %: {verdict}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Every_threshold_of_a_tenth_is_exact_in_full_windows()
    {
        foreach (var count in new[] { 1, 3, 7, 10, 20, 50, 100, 1000 })
        {
            for (var tenths = 0; tenths <= 1000; tenths++)
            {
                // Only the losses next to the threshold can be judged wrongly by a rounding error.
                var edge = count * tenths / 1000;
                for (var lost = Math.Max(0, edge - 1); lost <= Math.Min(count, edge + 1); lost++)
                {
                    var verdict = LossWindow.Judge(count, lost, count, tenths / 10.0);
                    Assert.True(verdict == Oracle(count, lost, count, tenths), $"{lost} of {count} lost, threshold {tenths / 10.0} %: {verdict}");
                }
            }
        }
    }

    [Fact]
    public void Once_decided_a_window_never_changes_its_mind()
    {
        for (var outcomes = 0; outcomes < 1 << 12; outcomes++)
        {
            foreach (var threshold in new[] { 0.0, 25, 60, 95, 100 })
            {
                var (decided, lost) = (LossVerdict.Undecided, 0);
                for (var sent = 0; sent <= 12; sent++)
                {
                    lost += sent > 0 ? (outcomes >> (sent - 1)) & 1 : 0;
                    var verdict = LossWindow.Judge(sent, lost, 12, threshold);
                    Assert.True(decided == LossVerdict.Undecided || verdict == decided, $"{outcomes:b} at {threshold} %: {decided}, then {verdict}");
                    decided = verdict;
                }
                Assert.NotEqual(LossVerdict.Undecided, decided);
            }
        }
    }

    [Theory]
    [InlineData(13, 13, LossVerdict.Lossy)]
    [InlineData(12, 12, LossVerdict.Undecided)]
    [InlineData(20, 12, LossVerdict.Fine)]
    [InlineData(20, 13, LossVerdict.Lossy)]
    [InlineData(8, 0, LossVerdict.Fine)]
    [InlineData(7, 0, LossVerdict.Undecided)]
    [InlineData(0, 0, LossVerdict.Undecided)]
    public void At_the_default_threshold(int sent, int lost, LossVerdict verdict) =>
        Assert.Equal(verdict, LossWindow.Judge(sent, lost, 20, 60));

    /// <summary>The share of the full window, in whole numbers, after each number of further losses that is still possible.</summary>
    private static LossVerdict Oracle(int sent, int lost, int count, int tenths)
    {
        var endings = Enumerable.Range(lost, count - sent + 1).Select(all => (long)all * 1000 > (long)tenths * count).Distinct().ToList();
        return endings switch
        {
            [true] => LossVerdict.Lossy,
            [false] => LossVerdict.Fine,
            _ => LossVerdict.Undecided,
        };
    }
}
