// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Coefficients of erf: one row per power of t, one column per interval of |x|. Own minimax fits of
// the relative error, each coefficient rounded with the later ones refitted.
#pragma once

namespace jit::scalar {

/// erf(63/256 i + t) for t in [0, 63/256], powers 0 to 5, and erf(t) - t in column 0: error 2^-24.9
/// in column 0, 2^-25 elsewhere.
inline constexpr double erf_width_f32 = 63.0 / 256.0;
inline constexpr float erf_table_f32[6][16] = {
    {0x0.0p+0f, 0x1.16b6ccp-2f, 0x1.06f794p-1f, 0x1.68385ep-1f, 0x1.ac16fcp-1f, 0x1.d619ecp-1f,
     0x1.ed2ae6p-1f, 0x1.f86696p-1f, 0x1.fd40bep-1f, 0x1.ff1ca2p-1f, 0x1.ffbe5ap-1f, 0x1.ffef16p-1f,
     0x1.fffc1ep-1f, 0x1.ffff34p-1f, 0x1.ffffdcp-1f, 0x1.fffffap-1f},
    {0x1.06eba4p-3f, 0x1.0fe3c0p+0f, 0x1.c57078p-1f, 0x1.4ef8d8p-1f, 0x1.b674e6p-2f, 0x1.fc7354p-3f,
     0x1.052b4ep-3f, 0x1.db6616p-5f, 0x1.7f44cep-6f, 0x1.11f492p-7f, 0x1.5a8e10p-9f,
     0x1.86bf12p-11f, 0x1.8264fep-13f, 0x1.74d3f6p-15f, 0x1.65f2e4p-19f, 0x1.7ca892p-20f},
    {0x1.a572a8p-18f, -0x1.0b9316p-2f, -0x1.be69dep-2f, -0x1.ee9640p-2f, -0x1.afa006p-2f,
     -0x1.38fbf4p-2f, -0x1.81ae16p-3f, -0x1.998204p-4f, -0x1.788d0ap-5f, -0x1.315b2cp-6f,
     -0x1.aa312ap-8f, -0x1.1780dep-9f, -0x1.1f92bcp-11f, -0x1.083c56p-12f, 0x1.1baabcp-13f,
     -0x1.c36fc4p-18f},
    {-0x1.81593cp-2f, -0x1.3fce14p-2f, -0x1.373d6ep-3f, 0x1.3bc6b4p-6f, 0x1.12d5b8p-3f,
     0x1.5c1a1ap-3f, 0x1.256ad2p-3f, 0x1.87a84ep-4f, 0x1.a6a5cep-5f, 0x1.a926dap-6f, 0x1.3ec5acp-7f,
     0x1.37b850p-8f, 0x1.14ecd8p-10f, 0x1.a881f8p-10f, -0x1.c93b04p-10f, 0x1.00669cp-15f},
    {0x1.f65f48p-10f, 0x1.13d6d6p-3f, 0x1.7c8a74p-3f, 0x1.41b3cep-3f, 0x1.281282p-4f,
     -0x1.b1a28ap-7f, -0x1.79ced2p-5f, -0x1.9b62bap-5f, -0x1.02af6cp-5f, -0x1.bd129cp-6f,
     -0x1.328c08p-7f, -0x1.4a40ecp-7f, -0x1.801358p-10f, -0x1.ad9b6cp-8f, 0x1.0b4c7cp-7f,
     -0x1.b3c4d4p-14f},
    {0x1.b2efb4p-4f, 0x1.87be3cp-5f, -0x1.e7de64p-7f, -0x1.0cf208p-4f, -0x1.00807cp-4f,
     -0x1.617f98p-6f, -0x1.2de35cp-8f, 0x1.57bbfap-7f, 0x1.4d9546p-8f, 0x1.4661aep-6f,
     0x1.3b86e6p-8f, 0x1.985850p-7f, 0x1.378d50p-10f, 0x1.4eeb1cp-7f, -0x1.aff900p-7f,
     0x1.3ef64ap-13f},
};

/// erf(95/256 i + t) for t in [0, 95/256], powers 0 to 12, and erf(t) - t in column 0: error
/// 2^-53.8 in column 0; elsewhere the rounding of c[0].
inline constexpr double erf_width_f64 = 95.0 / 256.0;
inline constexpr double erf_table_f64[13][16] = {
    {0x0.0p+0, 0x1.99e37998574e7p-2, 0x1.69865ee075011p-1, 0x1.c4eb796930c5ep-1,
     0x1.edabfc7453e63p-1, 0x1.fb8d082c4df11p-1, 0x1.ff2924a3f7a83p-1, 0x1.ffe0a88031830p-1,
     0x1.fffc7a37857d2p-1, 0x1.ffffb21e8a52dp-1, 0x1.fffffad7a2652p-1, 0x1.ffffffbd0dd50p-1,
     0x1.fffffffd678edp-1, 0x1.ffffffffec527p-1, 0x1.ffffffffff8e2p-1, 0x1.fffffffffffe1p-1},
    {0x1.06eba8214db67p-3, 0x1.f767d82f9006dp-1, 0x1.4d0a6889dfc56p-1, 0x1.4e9303a970402p-2,
     0x1.fe6460fef3e3bp-4, 0x1.2793db8d1b405p-5, 0x1.03ede1a45c9e0p-7, 0x1.5b19a69ab76f1p-10,
     0x1.5feada3715d51p-13, 0x1.0ee6fe25ddb30p-16, 0x1.3caa61be72759p-20, 0x1.190b626aed201p-24,
     0x1.7ac18995df4aep-29, 0x1.83a2b59a1422ap-34, 0x1.2d786baff7262p-39, 0x1.217fabbf000aap-47},
    {0x1.9241bd4207ba5p-45, -0x1.759f12735051ep-2, -0x1.ee5b732c94599p-2, -0x1.7479ab139fb1ap-2,
     -0x1.7ace7ffd19cf5p-3, -0x1.1237ac2f6b401p-4, -0x1.215fd4341fcc0p-6, -0x1.c2d2d0e3b4b4ep-9,
     -0x1.05304de508eafp-11, -0x1.c462bd2f6d70fp-15, -0x1.25c81c974662cp-18, -0x1.1eceebee9b9e5p-22,
     -0x1.a582f6255df3ap-27, -0x1.d5a9134325548p-32, -0x1.928ff2cdfe21cp-37, 0x1.ff0ad1d08384dp-39},
    {-0x1.812746b0525d3p-2, -0x1.e657c0720eb95p-3, 0x1.693a49d047135p-6, 0x1.49d7ecd47255cp-3,
     0x1.21cb9e776c624p-3, 0x1.21f039110c51dp-4, 0x1.8237eebe1491cp-6, 0x1.696fbcf754aacp-8,
     0x1.e79c05018fc10p-11, 0x1.e10ea775185abp-14, 0x1.5e361f3be0ea8p-17, 0x1.7a8c5c9dc415bp-21,
     0x1.2f283bbc93344p-25, 0x1.8b20c57edb3a6p-30, 0x1.d8df06cf8eac1p-35, -0x1.9c71763c827d9p-33},
    {0x1.5aec84cb34ab7p-32, 0x1.5351fef907353p-3, 0x1.38d0b95c73900p-3, 0x1.02d9ae108db90p-5,
     -0x1.634126d2a4a81p-5, -0x1.6328f1e6afe91p-5, -0x1.4d82feb369a47p-6, -0x1.8a4e7d75d44c0p-8,
     -0x1.3e5d998c113fap-10, -0x1.6bf6d51ba9419p-13, -0x1.2c7891ae9dc1cp-16, -0x1.6a791467dfac3p-20,
     -0x1.29bda46dbe74ap-24, -0x1.826cd329ff7dap-28, -0x1.13b3bfda0dee5p-31, 0x1.49aa29057c096p-28},
    {0x1.ce2f1f5f9d724p-4, 0x1.7e23e03d5d404p-5, -0x1.a9a72ddf26ec9p-5, -0x1.ff14e1e037033p-5,
     -0x1.11a52f7bf8f00p-6, 0x1.668775d4bfadfp-7, 0x1.6a563f8c291f1p-7, 0x1.2d473180111d8p-8,
     0x1.30e8cd1a4bc34p-10, 0x1.9e0f5bf66faa8p-13, 0x1.8a3587267563cp-16, 0x1.0bfd49d168a95p-19,
     0x1.4154b8e1c8f94p-25, 0x1.78f6774ee3420p-25, 0x1.b335266c679c9p-28, -0x1.3753248d818c5p-24},
    {0x1.1a1d29dac2912p-23, -0x1.9936def14d2cap-5, -0x1.c8b77e7fde83ep-6, 0x1.e289541122993p-7,
     0x1.44e05492a3811p-6, 0x1.3a2d82aa330f9p-8, -0x1.6c34da85d30dep-9, -0x1.3771c7ce668a4p-9,
     -0x1.b183c7019547dp-11, -0x1.6bc5383b3307dp-13, -0x1.9e46fec4d71eep-16, -0x1.40876948ff05cp-19,
     0x1.61a2e02f15150p-21, -0x1.93f9b25ec9e1ep-22, -0x1.fdba280efd024p-25, 0x1.75c07626db802p-21},
    {-0x1.b8325ba446166p-6, -0x1.7c9c01cc3e80ap-8, 0x1.2b75c2939d214p-6, 0x1.4d34b995feadap-7,
     -0x1.22c21681353dap-8, -0x1.51415e7dff43dp-8, -0x1.c54f40ef77970p-11, 0x1.5ea58ddb96fcbp-11,
     0x1.bb1e13e3dc9dap-12, 0x1.ef67dd485ea47p-14, 0x1.82826a80926b8p-16, 0x1.4f70392f3972ep-19,
     -0x1.513235cdb9526p-18, 0x1.3a5439f2ca24fp-19, 0x1.920ecfa768434p-22, -0x1.27f8040c35969p-18},
    {0x1.1ed1910fd61fbp-17, 0x1.6fef9f14b9422p-7, 0x1.5508f1a3ba6f4p-9, -0x1.87b4c5c38c373p-8,
     -0x1.5322074ced0c6p-9, 0x1.63d7a7f08cd02p-10, 0x1.19c70b4721d0fp-10, 0x1.3d4c710a3c1a3p-14,
     -0x1.0ea59ecf96b0ep-13, -0x1.f622972ca7fccp-15, -0x1.b1ee33ded5537p-16, -0x1.762a94b1f1fd0p-19,
     0x1.6ea9e3f5dcb8ap-16, -0x1.4b894e1aef0dcp-17, -0x1.a9185a2e37181p-20, 0x1.392b4b5f39273p-16},
    {0x1.53e5b0529e0cbp-8, 0x1.0d362a1b01b10p-12, -0x1.08648ae0322d3p-8, -0x1.163f7634c5d4cp-11,
     0x1.b70f362df2e05p-10, 0x1.d7adbed82dd4cp-12, -0x1.78b4fd45aa267p-12, -0x1.71b670b33adbep-13,
     -0x1.1336e00f5b4f4p-16, 0x1.2399f9dd7e0d7p-16, 0x1.5f853ea1ac001p-15, 0x1.07ed5ae7215aap-18,
     -0x1.01ef5b44cb884p-14, 0x1.cf9ecd04e92a7p-16, 0x1.2961a0e444580p-18, -0x1.b63ec80e6d540p-15},
    {0x1.cd3168116057bp-14, -0x1.19677a1ab78fap-9, 0x1.bd18f5574e2bbp-13, 0x1.4a75c7e32b399p-10,
     0x1.17c2bb4f4d232p-15, -0x1.c37516df8970ap-12, -0x1.3b71f5443c4a9p-15, 0x1.5ec0ce76e765ep-14,
     0x1.0a52d481ce566p-14, 0x1.608787a4d64f4p-18, -0x1.0f09b53450054p-14, -0x1.713e992576de4p-18,
     0x1.cad21b4b90b75p-14, -0x1.9bbae223addefp-15, -0x1.082220c5f4618p-17, 0x1.8544f964c7897p-14},
    {-0x1.166fd6f612f1fp-10, 0x1.42dd628952784p-12, 0x1.3579041f12b91p-11, -0x1.35fe80c210191p-12,
     -0x1.7359fec0817ebp-12, 0x1.c3cb4423a4c54p-14, 0x1.49d0fe3042f0cp-14, -0x1.2fc1469976ef0p-16,
     -0x1.db146fc8b347fp-15, -0x1.606aaadb65c6fp-17, 0x1.0bb3d1cb69e14p-14, 0x1.5e5227a29bde9p-18,
     -0x1.d4c3d86ed5bf5p-14, 0x1.a476685bf6289p-15, 0x1.0dbf449362120p-17, -0x1.8d8cf03fe6e4ap-14},
    {0x1.e4fbfb48a0745p-13, 0x1.10dc9b4f2a216p-13, -0x1.34ff76d9e6f4ap-13, -0x1.4595c4a125df6p-16,
     0x1.016513a2c8740p-13, -0x1.2a6267e376870p-19, -0x1.a153e2bb2b34cp-16, 0x1.18551f7cedc55p-20,
     0x1.7fc819919ba5ap-16, 0x1.4b2bf8dba8dedp-18, -0x1.da894d8cb9132p-16, -0x1.3191787c0603ap-19,
     0x1.a335cf8099195p-15, -0x1.77f38a92e0f1dp-16, -0x1.e263de9878f96p-19, 0x1.637941f024625p-15},
};

} // namespace jit::scalar
