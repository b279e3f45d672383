using System.Globalization;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>Where a container that is made up belongs, and its names.</summary>
internal readonly record struct FakeContainer(int HostNumber, int Number)
{
    public string Host => $"10.0.0.{HostNumber + 1}";

    public string Name => string.Create(CultureInfo.InvariantCulture, $"service-{HostNumber:00}-{Number:00}");

    public string Id => string.Create(CultureInfo.InvariantCulture, $"{HostNumber * 1000 + Number:x64}");
}
