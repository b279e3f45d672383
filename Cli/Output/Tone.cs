namespace HmsOrleans.Cli.Output;

/// <summary>What a word is to look like. A colour never says what the word does not.</summary>
internal enum Tone
{
    Plain,
    Good,
    Busy,
    Bad,
    Faint,
    Strong,
}

internal static class Tones
{
    /// <summary>That of a container's state.</summary>
    public static Tone OfHealth(string health) => health switch
    {
        "healthy" => Tone.Good,
        "starting" or "suspect" or "restarting" => Tone.Busy,
        "backingOff" or "quarantined" => Tone.Bad,
        "ignored" => Tone.Faint,
        _ => Tone.Plain,
    };

    public static string Paint(this Tone tone, string text, bool hasColour) => hasColour && tone != Tone.Plain && text.Length > 0 ? $"\e[{Code(tone)}m{text}\e[0m" : text;

    private static string Code(Tone tone) => tone switch
    {
        Tone.Good => "32",
        Tone.Busy => "33",
        Tone.Bad => "31",
        Tone.Faint => "2",
        _ => "1",
    };
}
