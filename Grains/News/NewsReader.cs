using System.Collections.Immutable;
using System.Text;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.News;

/// <summary>Reads the news of a host, whatever order they come in and how often.</summary>
internal sealed class NewsReader(string host)
{
    private readonly List<string> _texts = [];
    private NewsBook? _book;
    private int _number;

    /// <summary>What is known counts no more: only a whole content will be read.</summary>
    public void Forget() => _book = null;

    /// <summary>Reads a news that the host has sent.</summary>
    /// <returns>What is new; nothing when it is older than what was read. Null when it does not follow what was read, and everything has to be asked for.</returns>
    /// <exception cref="FormatException">It cannot be read. Everything is forgotten.</exception>
    public HostContent? Read(byte[] news) => Read(news, isAnswer: false);

    /// <summary>Reads a whole content that the host was asked for just now.</summary>
    /// <returns>What is new; nothing when it is older than what was read.</returns>
    /// <exception cref="FormatException">It cannot be read, or is not whole. Everything is forgotten.</exception>
    public HostContent ReadAnswer(byte[] news) => Read(news, isAnswer: true) ?? throw Broken("it is not whole");

    private HostContent? Read(byte[] news, bool isAnswer)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(news), Encoding.UTF8);
            return Read(reader, isAnswer);
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException or OverflowException)
        {
            Forget();
            throw new FormatException($"news of {host} cannot be read: {e.Message}", e);
        }
    }

    private HostContent? Read(BinaryReader reader, bool isAnswer)
    {
        var first = reader.ReadByte();
        var (head, growth) = ((Head)(first & ((1 << NewsBook.HeadBits) - 1)), (long)(first >> NewsBook.HeadBits));
        growth += growth == NewsBook.MaxGrowth ? Positive(reader.Read7BitEncodedInt64()) : 0;
        var number = reader.ReadByte() | (reader.ReadUInt16() << 8);
        // How much later it was written than the last that was read; numbers begin anew after the highest.
        var later = ((number - _number + (NewsWriter.NumberMask / 2)) & NewsWriter.NumberMask) - (NewsWriter.NumberMask / 2);
        long version;
        if (head.HasFlag(Head.Whole))
        {
            var epoch = new Guid(reader.ReadPart(16));
            version = Positive(reader.Read7BitEncodedInt64());
            if (_book is { } known)
            {
                if (known.Epoch == epoch && later <= 0)
                {
                    return Nothing(known);
                }
                if (known.Epoch != epoch && !isAnswer)
                {
                    // Of another life of the host: whether of one before or the next, the host has to say.
                    return null;
                }
            }
            _texts.Clear();
            _book = new(epoch);
        }
        else if (_book is null)
        {
            return null;
        }
        else if (later <= 0)
        {
            return Nothing(_book);
        }
        else if (later > 1)
        {
            return null;
        }
        else
        {
            version = _book.Version + growth;
        }
        var content = ReadContent(reader, _book, head, version);
        _number = number;
        return content;
    }

    private HostContent ReadContent(BinaryReader reader, NewsBook book, Head head, long version)
    {
        if (head.HasFlag(Head.Status))
        {
            book.Status = StatusFormat.Read(reader);
        }
        var removed = ImmutableArray.CreateBuilder<string>();
        for (var left = head.HasFlag(Head.Removed) ? reader.Read7BitEncodedInt() : 0; left > 0; left--)
        {
            removed.Add(book.Views.Remove(reader.Read7BitEncodedInt(), out var gone) ? gone.Id : throw Broken("a container that is removed was never there"));
        }
        var changed = ImmutableArray.CreateBuilder<ContainerView>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            changed.Add(ReadView(reader, book));
        }
        book.Version = version;
        return new(book.Epoch, version, head.HasFlag(Head.Whole), changed.ToImmutable(), removed.ToImmutable(), book.Status ?? throw Broken("it has no status"));
    }

    private ContainerView ReadView(BinaryReader reader, NewsBook book)
    {
        var number = reader.Read7BitEncodedInt();
        if (number == book.Next)
        {
            book.Views[book.Next++] = NewsBook.Blank(ReadId(reader), host);
        }
        var known = book.Views.GetValueOrDefault(number) ?? throw Broken($"container {number} was never there");
        var fields = (Fields)reader.ReadByte();
        if (fields.HasFlag(Fields.More))
        {
            fields |= (Fields)(reader.ReadByte() << 8);
        }
        var view = NewsBook.Expected(known, fields.HasFlag(Fields.State) ? NewsBook.Unpack(reader.ReadByte(), known) : known);
        if (fields.HasFlag(Fields.Addresses))
        {
            view = view with { Addresses = [.. ReadText(reader).Split(' ', StringSplitOptions.RemoveEmptyEntries)] };
        }
        if (fields.HasFlag(Fields.Loss))
        {
            view = view with { PacketLoss = ReadMeasurement(reader) };
        }
        if (fields.HasFlag(Fields.Rtt))
        {
            view = view with { Rtt = ReadMeasurement(reader) / 1000d };
        }
        if (fields.HasFlag(Fields.Memory))
        {
            view = view with { Memory = ReadMeasurement(reader) * Measurements.MemoryUnit };
        }
        if (fields.HasFlag(Fields.Name))
        {
            view = view with { Name = ReadText(reader) };
        }
        if (fields.HasFlag(Fields.Image))
        {
            view = view with { Image = ReadText(reader) };
        }
        if (fields.HasFlag(Fields.Threshold))
        {
            view = view with { Threshold = reader.ReadDouble() };
        }
        if (fields.HasFlag(Fields.Restarts))
        {
            view = view with { Restarts = reader.Read7BitEncodedInt() };
        }
        if (fields.HasFlag(Fields.Fault))
        {
            view = view with { LastFault = ReadFault(reader, book, view) };
        }
        if (fields.HasFlag(Fields.Details))
        {
            view = view with { Details = ReadSentence(reader, view) };
        }
        else if (fields.HasFlag(Fields.State))
        {
            view = view with { Details = book.UsualDetails(view) ?? view.Details };
        }
        book.Views[number] = view;
        book.Note(view);
        return view;
    }

    private static string ReadId(BinaryReader reader) =>
        reader.ReadByte() is > 0 and var length ? Convert.ToHexStringLower(reader.ReadPart(length)) : reader.ReadText();

    private static long? ReadMeasurement(BinaryReader reader) => Positive(reader.Read7BitEncodedInt64()) is > 0 and var value ? value - 1 : null;

    private Fault? ReadFault(BinaryReader reader, NewsBook book, ContainerView view)
    {
        if (reader.ReadByte() is not (> 0 and <= (int)FaultCause.Disconnected + 1 and var cause))
        {
            return null;
        }
        var after = reader.Read7BitEncodedInt64();
        book.Clock += (long)((ulong)after >> 1) ^ -(after & 1);
        return new((FaultCause)(cause - 1), DateTimeOffset.FromUnixTimeMilliseconds(book.Clock), ReadSentence(reader, view));
    }

    private string ReadSentence(BinaryReader reader, ContainerView view)
    {
        var template = ReadText(reader);
        var numbers = new int[Wording.Gaps(template)];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = reader.Read7BitEncodedInt();
        }
        return Wording.Fill(template, numbers, view);
    }

    private string ReadText(BinaryReader reader)
    {
        if (reader.Read7BitEncodedInt() is not 0 and var number)
        {
            return number > 0 && number <= _texts.Count ? _texts[number - 1] : throw Broken($"text {number} was never sent");
        }
        _texts.Add(reader.ReadText());
        return _texts[^1];
    }

    private static HostContent Nothing(NewsBook book) => new(book.Epoch, book.Version, IsFull: false, [], [], book.Status!);

    private static long Positive(long number) => number >= 0 ? number : throw Broken($"{number} is less than 0");

    private static FormatException Broken(string why) => new(why);
}
