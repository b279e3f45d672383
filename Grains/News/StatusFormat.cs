using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Grains.News;

/// <summary>What a host says of itself, in a news.</summary>
internal static class StatusFormat
{
    [Flags]
    private enum Facts
    {
        EngineAnswers = 1,
        Supervised = 2,
        Ready = 4,
        EngineSilence = 8,
        UnsavedBecause = 16,
        ProberReason = 32,
        NoEvents = 64,
    }

    public static void Write(BinaryWriter writer, HostStatus status)
    {
        var facts = (status.EngineAnswers ? Facts.EngineAnswers : 0)
            | (status.Supervised ? Facts.Supervised : 0)
            | (status.Ready ? Facts.Ready : 0)
            | (status.EngineSilence is null ? 0 : Facts.EngineSilence)
            | (status.UnsavedBecause is null ? 0 : Facts.UnsavedBecause)
            | (status.Prober.Reason is null ? 0 : Facts.ProberReason)
            | (status.NoEvents is null ? 0 : Facts.NoEvents);
        writer.Write((byte)facts);
        writer.Write(status.EngineSince.UtcTicks);
        writer.Write(status.Threshold);
        writer.Write((byte)status.Prober.Mode);
        writer.Write7BitEncodedInt(status.Prober.Count);
        foreach (var text in (string?[])[status.EngineSilence, status.UnsavedBecause, status.Prober.Reason, status.NoEvents])
        {
            if (text is not null)
            {
                writer.Write(text);
            }
        }
    }

    public static HostStatus Read(BinaryReader reader)
    {
        var facts = (Facts)reader.ReadByte();
        var since = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero);
        var threshold = reader.ReadDouble();
        var (mode, count) = ((ProberMode)reader.ReadByte(), reader.Read7BitEncodedInt());
        return new()
        {
            EngineAnswers = facts.HasFlag(Facts.EngineAnswers),
            EngineSince = since,
            EngineSilence = Text(Facts.EngineSilence),
            UnsavedBecause = Text(Facts.UnsavedBecause),
            Prober = new(mode, Text(Facts.ProberReason), count),
            NoEvents = Text(Facts.NoEvents),
            Supervised = facts.HasFlag(Facts.Supervised),
            Threshold = threshold,
            Ready = facts.HasFlag(Facts.Ready),
        };

        string? Text(Facts fact) => facts.HasFlag(fact) ? reader.ReadText() : null;
    }
}
