using System.Collections.Immutable;
using System.Text;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.News;

/// <summary>Packs what is new in a host's log, each time on the ground of all that it has packed before.</summary>
internal sealed class NewsWriter(ContentLog log)
{
    /// <summary>Three bytes of a number travel.</summary>
    public const int NumberMask = 0xFF_FFFF;

    private readonly Dictionary<string, int> _containers = [];
    private readonly Dictionary<string, int> _texts = [];
    private NewsBook? _book;

    /// <summary>Of the news written last. It begins anywhere, so that news of another life are taken for no news of this one.</summary>
    private int _number = Random.Shared.Next();

    /// <summary>Nothing is known to speak against it that all that was written has been read.</summary>
    public bool IsRead => _book is not null;

    /// <summary>What the reader lacks once it has read all that was written; everything, when that is not known.</summary>
    public byte[] Next(HostStatus status)
    {
        if (_book is null || _texts.Count > NewsBook.MaxTexts)
        {
            return Whole(status);
        }
        var content = log.Since(_book.Epoch, _book.Version, status);
        return content.IsFull ? Whole(status) : Pack(_book, content);
    }

    /// <summary>Everything, for a reader who knows nothing.</summary>
    public byte[] Whole(HostStatus status)
    {
        _containers.Clear();
        _texts.Clear();
        _book = new(log.Epoch);
        return Pack(_book, log.Since(Guid.Empty, 0, status));
    }

    /// <summary>It is not known whether what was written has been read.</summary>
    public void Forget() => _book = null;

    private byte[] Pack(NewsBook book, HostContent content)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        ImmutableArray<int> removed = [.. content.Removed.Where(_containers.ContainsKey).Select(id => _containers[id])];
        var hasStatus = book.Status != content.Status;
        var growth = content.IsFull ? 0 : content.Version - book.Version;
        var head = (content.IsFull ? Head.Whole : 0) | (hasStatus ? Head.Status : 0) | (removed is [] ? 0 : Head.Removed);
        writer.Write((byte)((int)head | ((int)Math.Min(growth, NewsBook.MaxGrowth) << NewsBook.HeadBits)));
        if (growth >= NewsBook.MaxGrowth)
        {
            writer.Write7BitEncodedInt64(growth - NewsBook.MaxGrowth);
        }
        var number = ++_number & NumberMask;
        writer.Write((byte)number);
        writer.Write((ushort)(number >> 8));
        if (content.IsFull)
        {
            writer.Write(content.Epoch.ToByteArray());
            writer.Write7BitEncodedInt64(content.Version);
        }
        if (hasStatus)
        {
            StatusFormat.Write(writer, content.Status);
        }
        if (removed is not [])
        {
            writer.Write7BitEncodedInt(removed.Length);
            foreach (var gone in removed)
            {
                writer.Write7BitEncodedInt(gone);
                book.Views.Remove(gone);
            }
            foreach (var id in content.Removed)
            {
                _containers.Remove(id);
            }
        }
        foreach (var view in content.Changed)
        {
            Write(writer, book, view);
        }
        (book.Version, book.Status) = (content.Version, content.Status);
        return bytes.ToArray();
    }

    private void Write(BinaryWriter writer, NewsBook book, ContainerView now)
    {
        if (_containers.TryGetValue(now.Id, out var number))
        {
            writer.Write7BitEncodedInt(number);
        }
        else
        {
            _containers[now.Id] = number = book.Next++;
            writer.Write7BitEncodedInt(number);
            WriteId(writer, now.Id);
        }
        var known = book.Views.GetValueOrDefault(number) ?? NewsBook.Blank(now.Id, now.Host);
        var fields = Changed(book, known, now);
        writer.Write((byte)fields);
        if (fields.HasFlag(Fields.More))
        {
            writer.Write((byte)((int)fields >> 8));
        }
        if (fields.HasFlag(Fields.State))
        {
            writer.Write(NewsBook.Pack(now));
        }
        if (fields.HasFlag(Fields.Addresses))
        {
            WriteText(writer, string.Join(' ', now.Addresses));
        }
        if (fields.HasFlag(Fields.Loss))
        {
            writer.Write7BitEncodedInt64(now.PacketLoss is { } loss ? (long)loss + 1 : 0);
        }
        if (fields.HasFlag(Fields.Rtt))
        {
            writer.Write7BitEncodedInt64(now.Rtt is { } rtt ? (long)Math.Round(rtt * 1000) + 1 : 0);
        }
        if (fields.HasFlag(Fields.Memory))
        {
            writer.Write7BitEncodedInt64(now.Memory is { } memory ? memory / Measurements.MemoryUnit + 1 : 0);
        }
        if (fields.HasFlag(Fields.Name))
        {
            WriteText(writer, now.Name);
        }
        if (fields.HasFlag(Fields.Image))
        {
            WriteText(writer, now.Image);
        }
        if (fields.HasFlag(Fields.Threshold))
        {
            writer.Write(now.Threshold);
        }
        if (fields.HasFlag(Fields.Restarts))
        {
            writer.Write7BitEncodedInt(now.Restarts);
        }
        if (fields.HasFlag(Fields.Fault))
        {
            WriteFault(writer, book, now);
        }
        if (fields.HasFlag(Fields.Details))
        {
            WriteSentence(writer, Wording.Part(now.Details, now));
        }
        book.Views[number] = now;
        book.Note(now);
    }

    private static Fields Changed(NewsBook book, ContainerView known, ContainerView now)
    {
        var expected = NewsBook.Expected(known, now);
        var state = known.ContainerState != now.ContainerState || known.ServiceState != now.ServiceState || known.Health != now.Health;
        var details = state ? book.UsualDetails(now) ?? expected.Details : expected.Details;
        var fields = (state ? Fields.State : 0)
            | (expected.Addresses.SequenceEqual(now.Addresses) ? 0 : Fields.Addresses)
            | (expected.PacketLoss == now.PacketLoss ? 0 : Fields.Loss)
            | (expected.Rtt == now.Rtt ? 0 : Fields.Rtt)
            | (expected.Memory == now.Memory ? 0 : Fields.Memory)
            | (expected.LastFault == now.LastFault ? 0 : Fields.Fault)
            | (details == now.Details ? 0 : Fields.Details)
            | (expected.Name == now.Name ? 0 : Fields.Name)
            | (expected.Image == now.Image ? 0 : Fields.Image)
            | (expected.Threshold == now.Threshold ? 0 : Fields.Threshold)
            | (expected.Restarts == now.Restarts ? 0 : Fields.Restarts);
        return fields > Fields.More ? fields | Fields.More : fields;
    }

    /// <summary>An id of the usual form as its bytes, 32; any other as a text after a 0.</summary>
    private static void WriteId(BinaryWriter writer, string id)
    {
        if (id.Length is > 0 and <= 254 && id.Length % 2 == 0 && id.All(char.IsAsciiHexDigitLower))
        {
            var bytes = Convert.FromHexString(id);
            writer.Write((byte)bytes.Length);
            writer.Write(bytes);
            return;
        }
        writer.Write((byte)0);
        writer.Write(id);
    }

    private void WriteFault(BinaryWriter writer, NewsBook book, ContainerView now)
    {
        writer.Write((byte)(now.LastFault is { Cause: var cause } ? (int)cause + 1 : 0));
        if (now.LastFault is { } fault)
        {
            var at = fault.At.ToUnixTimeMilliseconds();
            var after = at - book.Clock;
            writer.Write7BitEncodedInt64((after << 1) ^ (after >> 63));
            book.Clock = at;
            WriteSentence(writer, Wording.Part(fault.Evidence, now, isEvidence: true));
        }
    }

    private void WriteSentence(BinaryWriter writer, (string Template, IReadOnlyList<int> Numbers) sentence)
    {
        WriteText(writer, sentence.Template);
        foreach (var number in sentence.Numbers)
        {
            writer.Write7BitEncodedInt(number);
        }
    }

    private void WriteText(BinaryWriter writer, string text)
    {
        if (_texts.TryGetValue(text, out var number))
        {
            writer.Write7BitEncodedInt(number);
            return;
        }
        writer.Write7BitEncodedInt(0);
        writer.Write(text);
        _texts[text] = _texts.Count + 1;
    }
}
