using HmsOrleans.Silo.Storage;
using Xunit;

namespace HmsOrleans.Tests.Silo;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"hms-data-{Guid.NewGuid():N}");

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void It_is_made_and_belongs_to_one_node_until_that_ends()
    {
        using (DataDirectory.Open(_path))
        {
            var error = Assert.Throws<DataDirectoryException>(() => DataDirectory.Open(_path));
            Assert.Contains(_path, error.Message, StringComparison.Ordinal);
        }
        DataDirectory.Open(_path).Dispose();
    }

    [Fact]
    public void A_place_that_cannot_be_one_is_refused_with_the_setting_to_change()
    {
        Directory.CreateDirectory(_path);
        var file = Path.Combine(_path, "file");
        File.WriteAllText(file, "");

        var error = Assert.Throws<DataDirectoryException>(() => DataDirectory.Open(file));

        Assert.Contains("Hms__DataDirectory", error.Message, StringComparison.Ordinal);
    }
}
