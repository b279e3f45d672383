namespace HmsOrleans.Antagonist.Faults;

/// <summary>What all that an agent leaves in the kernel is marked with: nothing without it is ever removed.</summary>
internal static class ChaosMark
{
    /// <summary>Begins each mark.</summary>
    public const string Prefix = "hms-chaos";

    /// <summary>The mark of one fault.</summary>
    public static string Of(Guid lease) => $"{Prefix}:{lease:D}";
}
