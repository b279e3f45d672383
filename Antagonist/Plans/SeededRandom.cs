using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace HmsOrleans.Antagonist.Plans;

/// <summary>
/// Random numbers that are the same for the same seed on every machine and in every version of .NET, which <see cref="Random"/> does
/// not promise. SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
/// </summary>
internal sealed class SeededRandom(string seed)
{
    // Seeds that differ little must not give numbers that do.
    private ulong _state = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(seed)));

    /// <summary>At least 0, below 1.</summary>
    public double Uniform()
    {
        var mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Exponentially distributed.</summary>
    public double Exponential(double mean) => -mean * Math.Log(1 - Uniform());

    /// <summary>Normally distributed (Box and Muller, 1958).</summary>
    public double Normal(double mean, double deviation) => mean + deviation * Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());
}
