using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.News;

/// <summary>
/// What the writer and the reader of a host's news both know, so that it need not be sent again: it begins with a whole content, and each
/// news adds to it in the same way on both sides. A news is
/// <code>
/// head      1 byte: <see cref="Head"/>, and above it by how much the version grew (<see cref="MaxGrowth"/>: that, and as a number what is more)
/// number    3 bytes: one more than that of the news before
/// [whole]   epoch, 16 bytes; version
/// [status]  see <see cref="StatusFormat"/>
/// [removed] how many, and their numbers
/// changed   each the container's number, <see cref="Fields"/>, and the fields that are not as expected (see <see cref="Expected"/>)
/// </code>
/// Numbers have 7 bits in a byte. A text is sent once, and then by its number; a sentence is a text with gaps for what differs (see <see cref="Wording"/>).
/// </summary>
/// <param name="epoch">Life of the host's log.</param>
internal sealed class NewsBook(Guid epoch)
{
    /// <summary>Growth of the version that does not fit into the head.</summary>
    public const int MaxGrowth = 31;

    /// <summary>Bits of the head that are no growth.</summary>
    public const int HeadBits = 3;

    /// <summary>A book with more texts than this has seen sentences that never come again: another is begun.</summary>
    public const int MaxTexts = 2000;

    private const int Services = (int)ServiceState.Down + 1;
    private const int Healths = (int)HealthState.Gone + 1;

    private readonly Dictionary<(ContainerState, ServiceState, HealthState, FaultCause?), string> _usual = [];

    public Guid Epoch => epoch;

    /// <summary>Version that the news so far lead to.</summary>
    public long Version { get; set; }

    public HostStatus? Status { get; set; }

    /// <summary>By number; numbers are not used twice.</summary>
    public Dictionary<int, ContainerView> Views { get; } = [];

    /// <summary>Number of the next container that is new.</summary>
    public int Next { get; set; }

    /// <summary>When the fault happened that was told of last, in milliseconds since 1970: the next one is told by the difference.</summary>
    public long Clock { get; set; }

    /// <summary>A container of which nothing is known yet.</summary>
    public static ContainerView Blank(string id, string host) => new() { Id = id, ShortId = id[..Math.Min(12, id.Length)], Name = "", Image = "", Host = host };

    /// <summary>What a container, what runs in it and the monitor's opinion of it are, in a byte.</summary>
    public static byte Pack(ContainerView view) => checked((byte)((((int)view.ContainerState * Services) + (int)view.ServiceState) * Healths + (int)view.Health));

    /// <summary>The same container in the state that a byte stands for.</summary>
    public static ContainerView Unpack(byte state, ContainerView view) => view with
    {
        ContainerState = (ContainerState)(state / Healths / Services) is <= ContainerState.Dead and var known ? known : throw new FormatException($"{state} is no state"),
        ServiceState = (ServiceState)(state / Healths % Services),
        Health = (HealthState)(state % Healths),
    };

    /// <summary>A container as a reader has to expect it to be when it is only told how it does now.</summary>
    /// <param name="known">As it was.</param>
    /// <param name="now">With the state that it is in now.</param>
    public static ContainerView Expected(ContainerView known, ContainerView now) => now with
    {
        PacketLoss = now.ContainerState == ContainerState.Running ? known.PacketLoss : null,
        Rtt = now.ContainerState == ContainerState.Running ? known.Rtt : null,
        Memory = now.ContainerState == ContainerState.Running ? known.Memory : null,
        Addresses = now.ContainerState is ContainerState.Running or ContainerState.Paused ? known.Addresses : [],
        Restarts = known.Health == HealthState.Restarting && now.Health == HealthState.Starting ? known.Restarts + 1 : known.Restarts,
        Threshold = known.Threshold,
        Name = known.Name,
        Image = known.Image,
        LastFault = known.LastFault,
        Details = known.Details,
    };

    /// <summary>The sentence that was last used of a container in the same state; null when there was none.</summary>
    public string? UsualDetails(ContainerView view) => _usual.TryGetValue(KeyOf(view), out var template) ? Wording.Fill(template, [], view) : null;

    /// <summary>Remembers the sentence of a container for others in the same state; one with numbers in it is nobody else's.</summary>
    public void Note(ContainerView view)
    {
        var (template, numbers) = Wording.Part(view.Details, view);
        if (numbers is [])
        {
            _usual[KeyOf(view)] = template;
        }
    }

    private static (ContainerState, ServiceState, HealthState, FaultCause?) KeyOf(ContainerView view) =>
        (view.ContainerState, view.ServiceState, view.Health, view.LastFault?.Cause);
}

/// <summary>What is in a news.</summary>
[Flags]
internal enum Head
{
    /// <summary>It is everything, and needs no news before it.</summary>
    Whole = 1,
    Status = 2,
    Removed = 4,
}

/// <summary>Which fields of a container are in a news.</summary>
[Flags]
internal enum Fields
{
    /// <summary>State of container, service and health, in one byte.</summary>
    State = 1,

    /// <summary>One text, with spaces between them.</summary>
    Addresses = 2,

    /// <summary>Percent and 1; 0 for none.</summary>
    Loss = 4,

    /// <summary>Microseconds and 1; 0 for none.</summary>
    Rtt = 8,

    /// <summary>Units of <see cref="Measurements.MemoryUnit"/> and 1; 0 for none.</summary>
    Memory = 16,

    /// <summary>Cause, time and evidence.</summary>
    Fault = 32,

    Details = 64,

    /// <summary>Another byte: those below, 8 bits up.</summary>
    More = 128,

    Name = 256,
    Image = 512,
    Threshold = 1024,
    Restarts = 2048,
}
