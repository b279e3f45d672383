using System.Globalization;
using Orleans.Storage;

namespace HmsOrleans.Grains.Commands;

/// <summary>
/// Remembers the commands of the last ten minutes, over the death of the silo too. Saved in segments, so that a batch of
/// commands writes a few kilobytes however many there were before. Used from one grain's turns only.
/// </summary>
internal sealed class CommandJournal(IGrainStorage store, GrainId grain, TimeProvider time)
{
    /// <summary>Time for which a repeated command is recognised.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    /// <summary>Changes that are remembered at most, in memory and in the store: about 10 MB.</summary>
    public const int Capacity = 50_000;

    /// <summary>Readings that are remembered at most, in memory alone. They have their own place: however many there are, no change is forgotten for them.</summary>
    public const int ReadingCapacity = 10_000;

    private const string HeadName = "commands-head";

    /// <summary>Commands in a segment.</summary>
    private const int SegmentSize = 256;

    /// <summary>Places for segments in the store; more than are ever valid at once, as the oldest is written over.</summary>
    private const int Places = 2 * Capacity / SegmentSize;

    private readonly Recollection _changes = new(Capacity);
    private readonly Recollection _readings = new(ReadingCapacity);
    private readonly GrainState<JournalHead> _head = new(new());
    private readonly Queue<(long Number, DateTimeOffset Newest)> _full = new();
    private readonly Dictionary<string, int> _places = []; // in the segment that is being filled, by correlation id
    private GrainState<JournalSegment> _open = new(new());
    private bool _headChanged;
    private bool _segmentChanged;

    private JournalHead Head => _head.State!;

    private List<CommandRecord> Open => _open.State!.Records;

    /// <summary>Reads what earlier lives have saved.</summary>
    public async Task LoadAsync()
    {
        await store.ReadStateAsync(HeadName, grain, _head);
        for (var number = Head.First; number <= Head.Last; number++)
        {
            _open = await ReadAsync(number);
            foreach (var record in Open)
            {
                _changes.Put(record);
            }
            if (number < Head.Last)
            {
                _full.Enqueue((number, Newest(Open)));
            }
        }
        FindPlaces();
        Forget();
    }

    /// <summary>The command of that correlation id; null when there was none, or it was too long ago.</summary>
    public CommandRecord? Find(string correlationId) => _changes.Find(correlationId) ?? _readings.Find(correlationId);

    /// <summary>Remembers a command, or what has become of one.</summary>
    public void Put(CommandRecord record)
    {
        if (record.Reply is null)
        {
            _readings.Put(record);
            return; // Reading again does no harm: not worth a write.
        }
        _changes.Put(record);
        if (_places.TryGetValue(record.CorrelationId, out var place))
        {
            Open[place] = record;
        }
        else if (record.Delivery is null)
        {
            _places[record.CorrelationId] = Open.Count;
            Open.Add(record);
            Bound();
        }
        else
        {
            return; // Answered, and its segment is full: not worth a write of its own.
        }
        _segmentChanged = true;
    }

    /// <summary>Saves what is new. One at a time.</summary>
    public async Task SaveAsync()
    {
        Forget();
        // First, or what a new segment holds could not be found again.
        await SaveHeadAsync();
        if (_segmentChanged)
        {
            _segmentChanged = false;
            await Try(store.WriteStateAsync(SegmentName(Head.Last), grain, _open), () => _segmentChanged = true);
        }
        if (Open.Count >= SegmentSize && !_segmentChanged)
        {
            // What stands in the next place is of long ago; its version has to be known to write over it.
            var next = await ReadAsync(Head.Last + 1);
            next.State = new();
            if (_segmentChanged)
            {
                return; // changed while that was read: it is saved first
            }
            _full.Enqueue((Head.Last, Newest(Open)));
            _open = next;
            FindPlaces();
            _head.State = Head with { Last = Head.Last + 1 };
            _headChanged = true;
            await SaveHeadAsync();
        }
    }

    private async Task SaveHeadAsync()
    {
        if (_headChanged)
        {
            _headChanged = false;
            await Try(store.WriteStateAsync(HeadName, grain, _head), () => _headChanged = true);
        }
    }

    /// <remarks>Commands may come while it is being written: what they change is new again.</remarks>
    private static async Task Try(Task write, Action failed)
    {
        try
        {
            await write;
        }
        catch
        {
            failed();
            throw;
        }
    }

    /// <summary>Forgets what was too long ago.</summary>
    public void Forget()
    {
        var horizon = time.GetUtcNow() - Memory;
        _changes.Forget(horizon);
        _readings.Forget(horizon);
        while (_full.TryPeek(out var segment) && (segment.Newest < horizon || _full.Count > Places - 2))
        {
            _full.Dequeue();
            _head.State = Head with { First = segment.Number + 1 };
            _headChanged = true;
        }
    }

    /// <summary>While the store fails all that is new is in one segment: no more than is remembered at all.</summary>
    private void Bound()
    {
        if (Open.Count > Capacity + SegmentSize)
        {
            Open.RemoveRange(0, SegmentSize);
            FindPlaces();
            Forget();
        }
    }

    private void FindPlaces()
    {
        _places.Clear();
        foreach (var (place, record) in Open.Index())
        {
            _places[record.CorrelationId] = place;
        }
    }

    private async Task<GrainState<JournalSegment>> ReadAsync(long number)
    {
        var segment = new GrainState<JournalSegment>(new());
        await store.ReadStateAsync(SegmentName(number), grain, segment);
        return segment;
    }

    private static DateTimeOffset Newest(List<CommandRecord> records) =>
        records is [.., var last] ? last.At : DateTimeOffset.MinValue;

    private static string SegmentName(long number) => string.Create(CultureInfo.InvariantCulture, $"commands-{number % Places}");

    /// <summary>Commands by their correlation ids; the oldest are forgotten first.</summary>
    private sealed class Recollection(int capacity)
    {
        private readonly Dictionary<string, CommandRecord> _known = [];
        private readonly Queue<(string CorrelationId, DateTimeOffset At)> _order = new();

        public CommandRecord? Find(string correlationId) => _known.GetValueOrDefault(correlationId);

        public void Put(CommandRecord record)
        {
            if (!_known.ContainsKey(record.CorrelationId))
            {
                _order.Enqueue((record.CorrelationId, record.At));
            }
            _known[record.CorrelationId] = record;
        }

        public void Forget(DateTimeOffset horizon)
        {
            while (_order.TryPeek(out var oldest) && (oldest.At < horizon || _order.Count > capacity))
            {
                _order.Dequeue();
                _known.Remove(oldest.CorrelationId);
            }
        }
    }
}

/// <summary>Which segments of a journal are valid.</summary>
[GenerateSerializer, Alias("hms.JournalHead")]
internal sealed record JournalHead
{
    /// <summary>Number of the oldest.</summary>
    [Id(0)]
    public long First { get; init; }

    /// <summary>Number of the one that is being filled.</summary>
    [Id(1)]
    public long Last { get; init; }
}

/// <summary>Commands that were carried out one after another.</summary>
[GenerateSerializer, Alias("hms.JournalSegment")]
internal sealed class JournalSegment
{
    /// <summary>The oldest first.</summary>
    [Id(0)]
    public List<CommandRecord> Records { get; set; } = [];
}
