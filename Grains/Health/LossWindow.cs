namespace HmsOrleans.Grains.Health;

/// <summary>The rule of packet loss: is a share of lost probes above a threshold, and can that still change?</summary>
public static class LossWindow
{
    /// <summary>Judges a window that may not be full yet.</summary>
    /// <param name="sent">Probes whose outcome is known, 0 to <paramref name="count"/>.</param>
    /// <param name="lost">Those of them that were lost.</param>
    /// <param name="count">Probes in a full window.</param>
    /// <param name="threshold">Percent; the window is lossy when the lost share of the full window is <em>above</em> it: at 60 %, 13 of 20.</param>
    public static LossVerdict Judge(int sent, int lost, int count, double threshold)
    {
        // Rounded, so that 323 of 1000 are not above 32.3 % by an error in the sixteenth digit.
        var tolerated = Math.Round(count * threshold / 100, 9);
        if (lost > tolerated)
        {
            return LossVerdict.Lossy;
        }
        return lost + (count - sent) > tolerated ? LossVerdict.Undecided : LossVerdict.Fine;
    }
}

/// <summary>What a window of probes says.</summary>
public enum LossVerdict
{
    /// <summary>The probes still out can turn it either way.</summary>
    Undecided,

    /// <summary>At or below the threshold, whatever becomes of the rest.</summary>
    Fine,

    /// <summary>Above the threshold, whatever becomes of the rest.</summary>
    Lossy,
}
